"""Everything that can be done with a fresh clone, with nothing installed but Python 3.11+.

Older Pythons must be able to parse this file: it tells them what is needed.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036
    sys.stderr.write(
        "bootstrap.py: Python 3.11 or newer is needed, and this is {}.{} ({}): "
        "name a newer one, as in make PYTHON=python3.11\n".format(
            *sys.version_info[:2], sys.executable
        )
    )
    sys.exit(2)

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
RUN_TIME = ROOT / "requirements.txt"
DEVELOPMENT = ROOT / "requirements-dev.txt"
OTHER_QUEUES = ROOT / "requirements-bench.txt"
OTHER_QUEUES_FOLDER = ROOT / "var" / "bench-venv"


class CannotGoOn(Exception):
    """Something is missing or refused to work; the message is one line that says what helps."""


class Environment:
    """The virtual environment: `.venv`, or VENV_DIR."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "bin" / "python"
        self.uv = shutil.which("uv")

    def prepare(self, locks: list[Path]) -> None:
        """Make the environment and install what the lock files name, unless that is done."""
        if not self._works():
            self._create()
        missing = [lock for lock in locks if self._stamp(lock) != self._wanted(lock)]
        if missing:
            self._install(locks)
        for lock in missing:
            self._stamp_file(lock).write_text(self._wanted(lock))

    def run(self, *arguments: str) -> None:
        """Become `python ARGUMENTS` of this environment."""
        sys.stdout.flush()
        os.chdir(ROOT)
        os.execv(self.python, [str(self.python), *arguments])

    def _works(self) -> bool:
        if not self.python.exists():
            return False
        ask = "import sys; sys.exit(sys.version_info < (3, 11) or sys.prefix == sys.base_prefix)"
        return subprocess.run([self.python, "-c", ask], check=False).returncode == 0

    def _create(self) -> None:
        if self.folder.is_dir() and any(self.folder.iterdir()):
            if not (self.folder / "pyvenv.cfg").exists():
                raise CannotGoOn(
                    f"{self.folder} is not a virtual environment: remove it, or set VENV_DIR"
                )
            say(f"Making {self.folder} again: its Python is gone or too old")
        else:
            say(f"Making the virtual environment {self.folder}")
        if self.uv:
            run([self.uv, "venv", "-q", "--clear", "--python", sys.executable, self.folder])
            return
        if not all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")):
            version = f"{sys.version_info[0]}.{sys.version_info[1]}"
            raise CannotGoOn(
                "this Python cannot make virtual environments: "
                f"apt install python3-venv (or python{version}-venv), or install uv"
            )
        run([sys.executable, "-m", "venv", "--clear", self.folder])

    def _install(self, locks: list[Path]) -> None:
        names = " and ".join(lock.name for lock in locks)
        say(f"Installing {names} with {'uv' if self.uv else 'pip'}")
        files = [part for lock in locks for part in ("-r", str(lock))]
        if self.uv:
            command = [self.uv, "pip", "install", "-q", "--python", self.python]
            command += ["--compile-bytecode"]
        else:
            command = [self.python, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
            command += ["--no-input", "--no-deps"]
        run([*command, "--require-hashes", *files])

    def _stamp_file(self, lock: Path) -> Path:
        return self.folder / f".{lock.name}.sha256"

    def _stamp(self, lock: Path) -> str:
        try:
            return self._stamp_file(lock).read_text()
        except FileNotFoundError:
            return ""

    def _wanted(self, lock: Path) -> str:
        return hashlib.sha256(lock.read_bytes()).hexdigest()


def say(line: str) -> None:
    """One line for the person who waits."""
    print(line, file=sys.stderr, flush=True)


def run(command: Sequence[object]) -> None:
    """Run a command that shows its own errors."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=ROOT, stdout=sys.stderr, check=False)
    if done.returncode:
        raise CannotGoOn(f"{' '.join(words[:5])} … failed with status {done.returncode}: see above")


def lock_requirements(upgrade: list[str]) -> None:
    """Write the lock files anew from the `.in` files, every pin with its hashes."""
    uv = shutil.which("uv")
    if uv is None:
        raise CannotGoOn("locking needs uv on PATH: pip install uv")
    for lock in (RUN_TIME, DEVELOPMENT, OTHER_QUEUES):
        command = [uv, "pip", "compile", "-q", "--universal", "--python-version", "3.11"]
        command += ["--generate-hashes", "--no-emit-index-url"]
        command += ["--custom-compile-command", "make lock"]
        command += [*upgrade, f"{lock.stem}.in", "-o", lock.name]
        run(command)


COMMANDS = {
    "setup": ("make the environment and install everything, tools for tests included", []),
    "up": ("start Redis, the web server and the workers; Ctrl-C stops them", ["taskqueue_site.up"]),
    "test": ("run the tests on each database this machine has", ["tests"]),
    "check": ("run all that continuous integration runs", ["tests.checks"]),
    "docs": ("write the pages that are derived from the code", ["docs.generator"]),
    "bench": ("measure; without names everything", ["benchmarks"]),
    "screenshots": ("take the pictures in docs/screenshots anew", ["tests.screenshots"]),
    "lock": ("write requirements*.txt anew; --upgrade takes the newest versions", []),
}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    front = argparse.ArgumentParser(prog="bootstrap.py", description=__doc__.splitlines()[0])
    commands = front.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (help_text, _) in COMMANDS.items():
        commands.add_parser(name, help=help_text, description=help_text, add_help=name != "bench")
    return front


def main() -> None:
    """Do what the command line says."""
    options, further = parser().parse_known_args()
    if further and options.command in {"setup", "up", "screenshots"}:
        raise CannotGoOn(f"{options.command} takes no arguments, not {' '.join(further)!r}")
    if options.command == "lock":
        lock_requirements(further)
        return
    environment = Environment(ROOT / (os.environ.get("VENV_DIR") or ".venv"))
    environment.prepare([RUN_TIME] if options.command == "up" else [RUN_TIME, DEVELOPMENT])
    if options.command == "bench" and "--peers" in further:
        Environment(OTHER_QUEUES_FOLDER).prepare([OTHER_QUEUES])
    _, module = COMMANDS[options.command]
    if module:
        environment.run("-m", *module, *further)


if __name__ == "__main__":
    try:
        main()
    except CannotGoOn as problem:
        say(f"bootstrap.py: {problem}")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)

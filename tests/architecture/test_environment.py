"""`.env.example` and the code tell the same story."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
READERS = {"text", "required", "secret", "one_of", "folder", "integer", "number", "flag", "words"}
#: Read before any file can be: they say which file, and which settings.
NOT_THROUGH_ENV = {"DJANGO_SETTINGS_MODULE"}
SECTIONS = re.compile(r"((?:^# .*\n)+)((?:^#[A-Z_]+=.*\n)+)", re.MULTILINE)


def read_by_the_code() -> set[str]:
    """The first argument of every call of a reader in `taskqueue_site.env`."""
    names = set()
    for path in (ROOT / "taskqueue_site").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="env"), attr=reader),
                    args=[ast.Constant(value=str(name)), *_],
                ) if reader in READERS:
                    names.add(name)
                    if reader == "secret":
                        names.add(f"{name}_FILE")
    return names | workers_variables()


def workers_variables() -> set[str]:
    """Those that the stack reads in a loop."""
    source = (ROOT / "taskqueue_site" / "up" / "options.py").read_text()
    return set(re.findall(r'"(WORKERS_[A-Z]+)"', source))


def documented() -> dict[str, tuple[str, str]]:
    """Name -> the default that is shown, and the words above it."""
    found = {}
    for words, lines in SECTIONS.findall((ROOT / ".env.example").read_text()):
        for line in lines.splitlines():
            name, _, default = line.removeprefix("#").partition("=")
            found[name] = (default, words)
    return found


def test_every_variable_is_documented_and_no_other() -> None:
    assert set(documented()) == read_by_the_code() | NOT_THROUGH_ENV


@pytest.mark.parametrize("name", sorted(documented()))
def test_each_variable_says_what_is_allowed(name: str) -> None:
    _, words = documented()[name]
    told = r"\d to \d|://|comma-separated|characters|Any text| or |[Ff]older|[Aa]ddress|0 does"
    assert re.search(told, words), words


def test_the_defaults_that_are_shown_are_those_of_the_code(tmp_path: Path) -> None:
    # given an environment that says nothing, and one that says each default
    program = (
        "from django.conf import settings; from taskqueue_site.up.options import read_options;"
        "o = read_options();"
        "print([o.host, o.port, o.workers, settings.JOBS, settings.WEB_PROCESSES,"
        "settings.WEB_THREADS, settings.DASHBOARD, settings.ALLOWED_HOSTS, settings.LOG_LEVEL,"
        "settings.CSRF_TRUSTED_ORIGINS, settings.DEBUG])"
    )
    unsaid = {"DATABASE_URL", "REDIS_URL", "DATA_DIR", "STATIC_ROOT", "HTTPS"}
    unsaid |= {"SECRET_KEY", "SECRET_KEY_FILE"}
    defaults = {name: value for name, (value, _) in documented().items() if name not in unsaid}
    assert len(defaults) >= 15
    bare = {k: v for k, v in os.environ.items() if k not in documented()}
    bare |= {"DATA_DIR": str(tmp_path), "ENV_FILE": os.devnull}
    bare["DJANGO_SETTINGS_MODULE"] = defaults["DJANGO_SETTINGS_MODULE"]

    # when both are read
    answers = [
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        ).stdout
        for environment in (bare, bare | defaults)
    ]

    # then they say the same
    assert answers[0] == answers[1]


def test_an_example_with_every_default_in_force_is_a_file_that_can_be_read(tmp_path: Path) -> None:
    text = (ROOT / ".env.example").read_text()
    (tmp_path / ".env").write_text(re.sub(r"^#([A-Z_]+=)", r"\1", text, flags=re.MULTILINE))
    program = "from pathlib import Path; from taskqueue_site import env; env.read_file(Path())"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={k: v for k, v in os.environ.items() if k != "ENV_FILE"} | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr

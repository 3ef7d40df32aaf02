"""A whole stack, as `make up` starts it, for a test to use."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import psycopg

from taskqueue_site.up.ports import free_port
from tests.support.waiting import wait_for

ROOT = Path(__file__).resolve().parent.parent.parent
READY_SECONDS = 60.0
STOP_SECONDS = 60.0
#: What the test run itself lives in; a stack has its own of these.
OF_THE_RUN = ("DATA_DIR", "REDIS_URL", "DATABASE_URL", "DJANGO_SETTINGS_MODULE", "PORT")


@dataclass(frozen=True, slots=True)
class RunningStack:
    """One stack: where it answers, its supervisor, and all it has said."""

    url: str
    """Without a slash at the end."""
    process: subprocess.Popen[bytes]
    log_file: Path
    data_folder: Path

    def log(self) -> str:
        """What all processes have said so far."""
        return self.log_file.read_text(errors="replace")

    def wait_for(self, text: str, *, seconds: float = READY_SECONDS) -> None:
        """Wait until the stack says something; fails at once when it ends instead."""

        def said() -> bool:
            found = text in self.log()
            if not found and self.process.poll() is not None:
                raise AssertionError(f"the stack ended without saying {text!r}:\n{self.log()}")
            return found

        wait_for(said, seconds=seconds, what=f"{text!r} in the log")

    @property
    def password(self) -> str:
        """The password of the superuser `admin`; "" when it was made at an earlier start."""
        shown = re.search(r"superuser admin made, password (\S+)", self.log())
        return shown.group(1) if shown else ""

    def stop(self, *, with_signal: signal.Signals = signal.SIGINT) -> int:
        """Ask it to end and wait; gives its exit status."""
        self.process.send_signal(with_signal)
        return self.process.wait(timeout=STOP_SECONDS)


@contextmanager
def running_stack(**environment: str) -> Iterator[RunningStack]:
    """A stack, ready, on free ports, with a data folder and a database of its own.

    `environment` is what a user would set: WORKERS_HIGH="1", DEMO_SPEED="0". With DATA_DIR it uses
    that folder, and whatever database is named: see `home` for one that starts more than once.
    """
    with ExitStack() as ending:
        temporary = Path(ending.enter_context(TemporaryDirectory(prefix="taskqueue-stack-")))
        if "DATA_DIR" not in environment:
            environment |= ending.enter_context(home(temporary / "data"))
        variables = {k: v for k, v in os.environ.items() if k not in OF_THE_RUN}
        variables |= {"PORT": str(free_port())} | environment
        stack = _start(temporary / "stack.log", variables)
        ending.callback(_end, stack)
        stack.wait_for("| ready: ")
        yield stack


@contextmanager
def home(folder: Path) -> Iterator[dict[str, str]]:
    """What stays of a stack between two starts: DATA_DIR, and an empty database of this run's kind.

    SQLite's is in the folder, so nothing names it.
    """
    parts = urlsplit(os.environ["DATABASE_URL"])
    variables = {"DATA_DIR": str(folder)}
    if parts.scheme == "sqlite":
        yield variables
        return
    name = f"test_stack_{uuid4().hex}"
    server = urlunsplit(parts._replace(path="/postgres"))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield variables | {"DATABASE_URL": urlunsplit(parts._replace(path=f"/{name}"))}
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def _start(log_file: Path, variables: dict[str, str]) -> RunningStack:
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "taskqueue_site.up"],
            cwd=ROOT,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    return RunningStack(
        url=f"http://127.0.0.1:{variables['PORT']}",
        process=process,
        log_file=log_file,
        data_folder=Path(variables["DATA_DIR"]),
    )


def _end(stack: RunningStack) -> None:
    if stack.process.poll() is None:
        try:
            stack.stop()
        except subprocess.TimeoutExpired:
            stack.process.kill()
            stack.process.wait()

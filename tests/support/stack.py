"""A whole stack, as `make up` starts it, for a test to use."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
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
def running_stack(data_folder: Path | None = None, **environment: str) -> Iterator[RunningStack]:
    """A stack on free ports, ready, in a data folder of its own and on the run's kind of database.

    `environment` is what a user would set: WORKERS_HIGH="1", DEMO_SPEED="0". Give `data_folder`
    to start again where another stack has stopped.
    """
    with tempfile.TemporaryDirectory(prefix="taskqueue-stack-") as temporary:
        folder = data_folder or Path(temporary) / "data"
        with own_database() as database:
            variables = {k: v for k, v in os.environ.items() if k not in OF_THE_RUN}
            variables |= {"DATA_DIR": str(folder), "PORT": str(free_port())} | database
            variables |= environment
            log_file = Path(temporary) / "stack.log"
            stack = _start(folder, log_file, variables)
            try:
                stack.wait_for("| ready: ")
                yield stack
            finally:
                if stack.process.poll() is None:
                    _end(stack)


def _start(folder: Path, log_file: Path, variables: dict[str, str]) -> RunningStack:
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "taskqueue_site.up"],
            cwd=ROOT,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    url = f"http://127.0.0.1:{variables['PORT']}"
    return RunningStack(url=url, process=process, log_file=log_file, data_folder=folder)


def _end(stack: RunningStack) -> None:
    try:
        stack.stop()
    except subprocess.TimeoutExpired:
        stack.process.kill()
        stack.process.wait()


@contextmanager
def own_database() -> Iterator[dict[str, str]]:
    """The variables that give an empty database of the kind this run tests on.

    None for SQLite: DATA_DIR alone gives one.
    """
    parts = urlsplit(os.environ["DATABASE_URL"])
    if parts.scheme == "sqlite":
        yield {}
        return
    name = f"test_stack_{uuid4().hex}"
    server = urlunsplit(parts._replace(path="/postgres"))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
        try:
            yield {"DATABASE_URL": urlunsplit(parts._replace(path=f"/{name}"))}
        finally:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

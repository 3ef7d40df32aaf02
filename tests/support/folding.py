"""Processes that fold counts in a loop, to be killed.

`python -m tests.support.folding` keeps one, which it forks from itself: the next comes at once.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import django
from django.db import Error, connection


class Folding:
    """One such process, and the next when it has been killed."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.folding"],
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "taskqueue_site.settings.test"},
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._pid = self._told()

    def kill(self) -> None:
        """Kill it where it stands, and give when the next one runs."""
        os.kill(self._pid, signal.SIGKILL)
        self._pid = self._told()

    def _told(self) -> int:
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())


@contextmanager
def folding() -> Iterator[Folding]:
    """One, until the end of the block."""
    running = Folding()
    try:
        yield running
    finally:
        os.killpg(running.process.pid, signal.SIGKILL)
        running.process.communicate()


def main() -> None:
    """Fork, tell the pid, wait for its end; for ever."""
    django.setup()
    while True:
        if pid := os.fork():
            sys.stdout.write(f"{pid}\n")
            sys.stdout.flush()
            os.waitpid(pid, 0)
        else:
            _fold_for_ever()


def _fold_for_ever() -> None:
    from jobs.maintenance.fold import fold

    while True:
        with suppress(Error):  # two of them write, beside others: SQLite may be busy for too long
            fold()
            continue
        connection.close()


if __name__ == "__main__":
    main()

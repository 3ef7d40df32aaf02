"""Real worker processes."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from django.db import connection

from jobs.domain.states import ENDED
from jobs.models import Task, WorkerLease
from tests.support.process_tree import descendants
from tests.support.waiting import PATIENCE_SECONDS, wait_for

ROOT = Path(__file__).resolve().parent.parent.parent
#: On a machine with more to do than cores, to import the product alone may take long.
START_SECONDS = 45.0
#: What a test leaves running may end within this, at the end of the test.
DRAIN_SECONDS = 1.5
END_SECONDS = 10.0


def all_ended(tasks: list[Task]) -> Callable[[], bool]:
    """A condition: every one of these tasks has ended."""
    ids = [task.pk for task in tasks]
    states = [state.value for state in ENDED]
    return lambda: Task.objects.filter(pk__in=ids, state__in=states).count() == len(ids)


class WorkerProcess:
    """One `manage.py rqworker`, or `rqworker-pool`, as an operator starts it."""

    def __init__(self, *arguments: str, command: str = "rqworker", **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", command, *(arguments or ("high", "default", "low"))],
            cwd=ROOT,
            env=os.environ
            | {"DJANGO_SETTINGS_MODULE": "taskqueue_site.settings.test"}
            | environment,
        )

    @property
    def pid(self) -> int:
        return self.process.pid

    def children(self) -> list[int]:
        """The processes it has started: a work-horse, and with RQ's scheduler, that one before."""
        return sorted(
            int(child)
            for children in Path(f"/proc/{self.pid}/task").glob("*/children")
            for child in children.read_text().split()
        )

    def horse_pid(self) -> int | None:
        """The process that runs the tasks: the child that leads a process group of its own.

        Not just any child: libraries start others while the supervisor loads them.
        """
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        for child in map(int, children):
            with suppress(ProcessLookupError):
                if os.getpgid(child) == child:
                    return child
        return None

    def kill_horse(self) -> None:
        """SIGKILL the horse alone, if there is one."""
        if horse := self.horse_pid():
            os.kill(horse, signal.SIGKILL)

    def kill_supervisor(self) -> None:
        """SIGKILL the supervisor alone."""
        self.process.kill()
        self.process.wait(PATIENCE_SECONDS)

    def stop(self) -> set[int]:
        """SIGSTOP to supervisor and horse; gives the processes to wake.

        Never in the middle of a write: on SQLite that would stop everybody else too.
        """
        stopped: set[int] = wait_for(
            lambda: _stopped({self.pid, *descendants(self.pid)}), what="the end of its writes"
        )
        return stopped

    def stop_supervisor(self) -> set[int]:
        """Like `stop`, but the horse runs on."""
        stopped: set[int] = wait_for(lambda: _stopped({self.pid}), what="the end of its writes")
        return stopped

    def kill_tree(self) -> None:
        """SIGKILL supervisor and horse in one blow."""
        horse = self.horse_pid()
        os.kill(self.pid, signal.SIGKILL)
        if horse:
            with suppress(ProcessLookupError):
                os.kill(horse, signal.SIGKILL)
        self.process.wait(PATIENCE_SECONDS)

    def end(self) -> None:
        """SIGTERM; another for what would take long to drain; SIGKILL to the tree if need be."""
        for seconds in (DRAIN_SECONDS, END_SECONDS):
            if self.process.poll() is None:
                self.process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    self.process.wait(seconds)
        if self.process.poll() is None:
            self.kill_tree()

    def terminate(self) -> int:
        """SIGTERM, and the exit status."""
        self.process.terminate()
        return self.process.wait(PATIENCE_SECONDS)


@contextmanager
def running_worker(*arguments: str, **environment: str) -> Iterator[WorkerProcess]:
    """A worker that has a horse; gone at the end, whatever happened."""
    worker = WorkerProcess(*arguments, **environment)
    try:
        lease = WorkerLease.objects.filter(pid=worker.pid)
        wait_for(lease.exists, seconds=START_SECONDS, what="a lease")
        wait_for(worker.horse_pid, seconds=START_SECONDS, what="a work-horse")
        yield worker
    finally:
        worker.end()


def _stopped(pids: set[int]) -> set[int]:
    """The processes, stopped; none, and all awake, when one of them was writing."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    if connection.vendor == "sqlite":
        try:
            with closing(sqlite3.connect(connection.settings_dict["NAME"], timeout=0.1)) as probe:
                probe.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            wake(pids)
            return set()
    return pids


def wake(pids: set[int]) -> None:
    """SIGCONT to those of the processes that still live."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


class Crowd:
    """Workers, replaced when they die, as whatever runs them in production would."""

    def __init__(self, count: int, *arguments: str, **environment: str) -> None:
        self._arguments = arguments
        self._environment = environment
        self.workers = [WorkerProcess(*arguments, **environment) for _ in range(count)]

    def replace_dead(self) -> None:
        """Start a new worker for each that has ended."""
        self.workers = [
            worker
            if worker.process.poll() is None
            else WorkerProcess(*self._arguments, **self._environment)
            for worker in self.workers
        ]

    def are_ready(self) -> bool:
        """Whether each has a horse."""
        return all(worker.process.poll() is None and worker.horse_pid() for worker in self.workers)

    def end(self) -> None:
        """SIGTERM to all at once, and wait."""
        for worker in self.workers:
            worker.process.terminate()
        with ExitStack() as ending:
            for worker in self.workers:
                ending.callback(worker.end)


@contextmanager
def running_crowd(count: int, *arguments: str, **environment: str) -> Iterator[Crowd]:
    """Workers that have horses; gone at the end, whatever happened."""
    crowd = Crowd(count, *arguments, **environment)
    try:
        wait_for(crowd.are_ready, seconds=START_SECONDS, what="a work-horse for each worker")
        yield crowd
    finally:
        crowd.end()

"""Real worker processes."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from jobs.domain.states import ENDED
from jobs.models import Task, WorkerLease
from tests.support.waiting import wait_for

ROOT = Path(__file__).resolve().parent.parent.parent


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
        """The process that runs the tasks."""
        children = self.children()
        return children[-1] if children else None

    def kill_tree(self) -> None:
        """SIGKILL supervisor and horse in one blow."""
        horse = self.horse_pid()
        os.kill(self.pid, signal.SIGKILL)
        if horse:
            os.kill(horse, signal.SIGKILL)
        self.process.wait(10)

    def terminate(self, *, seconds: float = 15.0) -> int:
        """SIGTERM, and the exit status."""
        self.process.terminate()
        return self.process.wait(seconds)


@contextmanager
def running_worker(*arguments: str, **environment: str) -> Iterator[WorkerProcess]:
    """A worker that has a horse; gone at the end, whatever happened."""
    worker = WorkerProcess(*arguments, **environment)
    try:
        wait_for(lambda: WorkerLease.objects.filter(pid=worker.pid).exists(), what="a lease")
        wait_for(worker.horse_pid, what="a work-horse")
        yield worker
    finally:
        if worker.process.poll() is None:
            worker.process.terminate()
            try:
                worker.process.wait(10)
            except subprocess.TimeoutExpired:
                worker.kill_tree()

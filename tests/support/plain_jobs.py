"""Functions of plain RQ jobs, and where RQ says they are."""

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import django_rq
from rq.job import Job


def mark(path: str, seconds: float = 0.0) -> str:
    """Leave a file when it begins; gives the name of the thread it ran in."""
    Path(path).touch()
    time.sleep(seconds)
    return threading.current_thread().name


def fail() -> None:
    """Fail."""
    raise RuntimeError("no luck")


def sleep(seconds: float) -> None:
    """Sleep in one piece."""
    time.sleep(seconds)


def kill_own_process() -> None:
    """Take the process down."""
    os.kill(os.getpid(), signal.SIGKILL)


def enqueue(function: Any, *args: Any, **options: Any) -> Job:
    """A plain job on queue default; options are those of RQ's `enqueue`."""
    job: Job = django_rq.get_queue("default", commit_mode="auto").enqueue(
        function, *args, **options
    )
    return job


def failed_ids() -> list[str]:
    """What lies in RQ's registry of failed jobs of queue default."""
    ids: list[str] = django_rq.get_queue("default").failed_job_registry.get_job_ids()
    return ids

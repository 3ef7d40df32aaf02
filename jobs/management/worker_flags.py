"""Our flags on RQ's worker commands, and how they reach the worker.

RQ's command builds its worker from a fixed set of options; the class may be any callable, so the
flags travel inside it.
"""

from argparse import ArgumentTypeError
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_rq.workers import get_worker_class

from jobs.worker import TaskWorker
from jobs.worker.options import WorkerOptions

MOST_THREADS = 1000


def thread_count(given: str) -> int:
    """A number of threads for argparse."""
    if not given.isdecimal() or not 1 <= int(given) <= MOST_THREADS:
        raise ArgumentTypeError(f"{given!r} is not a whole number from 1 to {MOST_THREADS}")
    return int(given)


class WorkerFlags(BaseCommand):
    """Mixin for RQ's `rqworker` and `rqworker-pool` commands."""

    def add_arguments(self, parser: CommandParser) -> None:
        """RQ's flags and ours; plain jobs are read as JSON unless told otherwise."""
        super().add_arguments(parser)
        parser.set_defaults(serializer="json")
        parser.add_argument(
            "--threads",
            type=thread_count,
            default=None,
            help="tasks at once, each in a thread; for tasks that mostly wait (default 1)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Start RQ's command with our worker."""
        threads = options.pop("threads", None)
        worker_class = get_worker_class(options.get("worker_class"))
        if not issubclass(worker_class, TaskWorker):
            if threads is not None:
                raise CommandError(f"--threads: {worker_class.__name__} knows no threads")
        else:
            given = {} if threads is None else {"threads": threads}
            options["worker_class"] = partial(worker_class, options=WorkerOptions(**given))
        super().handle(*args, **options)

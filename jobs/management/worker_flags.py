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
MOST_ASYNC_SLOTS = 10_000
_FLAGS = {"threads": ("--threads", "threads"), "async_slots": ("--async", "event loop")}


def whole_number(given: str, *, most: int) -> int:
    """A number from 1 to `most`, for argparse."""
    if not given.isdecimal() or not 1 <= int(given) <= most:
        raise ArgumentTypeError(f"{given!r} is not a whole number from 1 to {most}")
    return int(given)


class WorkerFlags(BaseCommand):
    """Mixin for RQ's `rqworker` and `rqworker-pool` commands."""

    def add_arguments(self, parser: CommandParser) -> None:
        """RQ's flags and ours; plain jobs are read as JSON unless told otherwise."""
        super().add_arguments(parser)
        parser.set_defaults(serializer="json")
        parser.add_argument(
            "--threads",
            type=partial(whole_number, most=MOST_THREADS),
            default=None,
            help="tasks at once, each in a thread; for tasks that mostly wait (default 1)",
        )
        parser.add_argument(
            "--async",
            dest="async_slots",
            type=partial(whole_number, most=MOST_ASYNC_SLOTS),
            default=None,
            help="coroutine tasks at once, all in one event loop beside the threads (default: each "
            "takes a thread's place)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Start RQ's command with our worker."""
        given = {
            name: value
            for name in ("threads", "async_slots")
            if (value := options.pop(name, None)) is not None
        }
        worker_class = get_worker_class(options.get("worker_class"))
        if not issubclass(worker_class, TaskWorker):
            for name in given:
                flag, what = _FLAGS[name]
                raise CommandError(f"{flag}: {worker_class.__name__} knows no {what}")
        else:
            options["worker_class"] = partial(worker_class, options=WorkerOptions(**given))
        super().handle(*args, **options)

"""Our flags on RQ's worker commands, and how they reach the worker.

RQ's command builds its worker from a fixed set of options; the class may be any callable, so the
flags travel inside it.
"""

from functools import partial
from typing import Any

from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django_rq.workers import get_worker_class

from jobs.checks import TAG
from jobs.exceptions import TaskQueueError
from jobs.selectors.health import obstacles
from jobs.worker import TaskWorker
from jobs.worker.flags import check_flags, check_memory, spelled
from jobs.worker.options import DequeueStrategy, WorkerOptions

#: As argparse says that it was called wrongly.
WRONGLY_CALLED = 2


class WorkerFlags(BaseCommand):
    """Mixin for RQ's `rqworker` and `rqworker-pool` commands."""

    #: All checks would load every page of the site: a quarter of a worker's memory.
    requires_system_checks = (TAG, Tags.models)

    def add_arguments(self, parser: CommandParser) -> None:
        """RQ's flags and ours; plain jobs are read as JSON unless told otherwise."""
        super().add_arguments(parser)
        parser.set_defaults(serializer="json")
        parser.add_argument(
            "--threads",
            type=int,
            default=None,
            help="tasks at once, each in a thread; for tasks that mostly wait (default 1)",
        )
        parser.add_argument(
            "--async",
            dest="async_slots",
            metavar="SLOTS",
            type=int,
            default=None,
            help="coroutine tasks at once, all in one event loop beside the threads (default: each "
            "takes a thread's place)",
        )
        parser.add_argument(
            "--dequeue-strategy",
            choices=[strategy.value for strategy in DequeueStrategy],
            default=None,
            help="which of several queues is next: default (the first that has anything), "
            "round_robin or random",
        )
        parser.add_argument(
            "--max-tasks-per-horse",
            type=int,
            default=None,
            help="replace the work-horse, the process that runs tasks, after so many of them; "
            "0: never (default JOBS['MAX_TASKS_PER_HORSE'])",
        )
        parser.add_argument(
            "--max-memory-mb",
            type=int,
            default=None,
            help="replace the work-horse when it holds more MiB than this, and let what it runs "
            "end first; 0: never (default JOBS['MAX_MEMORY_MB'])",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Start RQ's command with our worker."""
        try:
            check_flags(args, options)
        except TaskQueueError as error:
            raise CommandError(str(error), returncode=WRONGLY_CALLED) from error
        flags: dict[str, Any] = {
            flag: given
            for flag in ("threads", "async_slots", "max_tasks_per_horse", "max_memory_mb")
            if (given := options.pop(flag, None)) is not None
        }
        if (strategy := options.pop("dequeue_strategy", None)) is not None:
            flags["dequeue_strategy"] = DequeueStrategy(strategy)
        worker_class = get_worker_class(options.get("worker_class"))
        if issubclass(worker_class, TaskWorker):
            options["worker_class"] = partial(worker_class, options=_worker_options(flags))
        elif flags:
            flag = spelled(next(iter(flags)))
            raise CommandError(
                f"{flag}: {worker_class.__name__} does not know it", returncode=WRONGLY_CALLED
            )
        for obstacle in obstacles():
            raise CommandError(f"{obstacle.message} {obstacle.mend}")
        try:
            super().handle(*args, **options)
        except TaskQueueError as error:  # the name is another living worker's
            raise CommandError(str(error)) from error


def _worker_options(flags: dict[str, Any]) -> WorkerOptions:
    options = WorkerOptions(**flags)
    try:
        check_memory(options.max_memory_mb)
    except TaskQueueError as error:
        raise CommandError(str(error), returncode=WRONGLY_CALLED) from error
    return options

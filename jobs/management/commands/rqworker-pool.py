"""RQ's worker pool command, with our worker and its flags."""

from importlib import import_module

from jobs.management.worker_flags import WorkerFlags

# The stock module's name has a dash: no import statement can spell it.
StockCommand = import_module("django_rq.management.commands.rqworker-pool").Command


class Command(WorkerFlags, StockCommand):  # type: ignore[misc, valid-type]
    """Runs several workers on the named queues."""

    help = "Run several workers: manage.py rqworker-pool high --num-workers 4"

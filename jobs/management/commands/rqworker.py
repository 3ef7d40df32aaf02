"""RQ's worker command, with our worker and its flags."""

from django_rq.management.commands.rqworker import Command as StockCommand

from jobs.management.worker_flags import WorkerFlags


class Command(WorkerFlags, StockCommand):
    """Runs a worker on the named queues, the most urgent first."""

    help = "Run a worker: manage.py rqworker high default low"

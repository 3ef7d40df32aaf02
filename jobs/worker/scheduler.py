"""RQ's scheduler of plain jobs, as a child that does not outlive its worker."""

import logging
import os
from typing import Any

from rq.scheduler import RQScheduler
from rq.worker import Worker

logger = logging.getLogger(__name__)


class TreeScheduler(RQScheduler):
    """RQ's, which ends by itself when its worker was killed."""

    _worker_pid = 0

    def start(self) -> Any:
        """Fork it."""
        self._worker_pid = os.getpid()
        return super().start()

    def heartbeat(self) -> None:
        """RQ's, once a second; the place where a lost parent is noticed."""
        super().heartbeat()
        if os.getppid() != self._worker_pid:
            logger.warning("the scheduler's worker is gone, and so is it")
            self.request_stop()


def start_scheduler(
    worker: Worker,
    *,
    burst: bool,
    logging_level: str | int | None,
    date_format: str,
    log_format: str,
) -> RQScheduler:
    """Start a scheduler for the worker's queues; with `burst`, only enqueue what is due now."""
    scheduler = TreeScheduler(
        worker.queues,
        connection=worker.connection,
        logging_level=logging_level if logging_level is not None else worker.log.level,
        date_format=date_format,
        log_format=log_format,
        serializer=worker.serializer,
    )
    scheduler.acquire_locks()
    if scheduler.acquired_locks and burst:
        try:
            scheduler.enqueue_scheduled_jobs()
        finally:
            scheduler.release_locks()
    elif scheduler.acquired_locks:
        scheduler.start()
    return scheduler

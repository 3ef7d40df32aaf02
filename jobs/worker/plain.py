"""RQ's own jobs, run by RQ's own means inside our horse."""

import logging
import threading

from rq.exceptions import NoSuchJobError
from rq.timeouts import TimerDeathPenalty
from rq.utils import now
from rq.worker import Worker
from rq.worker.base import WorkerStatus

from jobs.broker.tickets import list_key
from jobs.worker.horse import PlainJob

logger = logging.getLogger(__name__)


class PlainRunner:
    """Runs plain jobs in the horse, and buries them from the supervisor when the horse died."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._lock = threading.Lock()

    def run(self, item: PlainJob) -> None:
        """Run one plain job as the stock worker would; one at a time, RQ keeps one execution."""
        worker = self._worker
        try:
            job = worker.job_class.fetch(
                item.job_id, connection=worker.connection, serializer=worker.serializer
            )
        except NoSuchJobError:
            return
        except Exception:
            logger.exception("job %s cannot be read", item.job_id)
            return
        queue = worker.queue_class.from_queue_key(
            list_key(item.queue),
            connection=worker.connection,
            job_class=worker.job_class,
            serializer=worker.serializer,
        )
        with self._lock:
            if threading.current_thread() is not threading.main_thread():
                # RQ's default penalty is a signal, which only the main thread can take.
                worker.death_penalty_class = TimerDeathPenalty
            worker.prepare_execution(job)
            worker.perform_job(job, queue)
            worker.set_state(WorkerStatus.IDLE)

    def bury(self, status: int) -> None:
        """Supervisor: end the plain job that died with the horse, if there was one."""
        worker = self._worker
        job_id = worker.get_current_job_id()
        if not job_id:
            return
        try:
            job = worker.job_class.fetch(
                job_id, connection=worker.connection, serializer=worker.serializer
            )
        except NoSuchJobError:
            return
        executions = job.get_executions()
        worker.execution = executions[-1] if executions else None
        job.ended_at = now()
        queue = worker.queue_class(
            job.origin, connection=worker.connection, serializer=worker.serializer
        )
        worker.handle_job_failure(
            job, queue=queue, exc_string=f"Work-horse terminated unexpectedly; status {status}"
        )
        worker.set_current_job_id(None)

"""RQ's own jobs, run by RQ's own means inside our horse."""

import logging
import os
import time
from typing import Any

from redis.exceptions import RedisError
from rq.exceptions import InvalidJobOperation, NoSuchJobError
from rq.job import Job, JobStatus
from rq.utils import now
from rq.worker import Worker

from jobs.broker.tickets import list_key, task_id_of
from jobs.worker.horse import PlainJob

logger = logging.getLogger(__name__)

#: RQ takes a job for abandoned after 90 s without a heartbeat.
BEAT_SECONDS = 5.0
#: As in RQ: a job that outlives its time limit by this much is deaf, and its process is killed.
DEAF_SECONDS = 60.0


class PlainRunner:
    """Runs plain jobs in the horse; in the supervisor, beats for them and buries them."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._beat_at = 0.0

    def run(self, item: PlainJob) -> None:
        """Horse: run one plain job as the stock worker would."""
        worker = self._worker
        try:
            job = self._fetch(item.job_id)
            if job is None:
                return
            queue = worker.queue_class.from_queue_key(
                list_key(item.queue),
                connection=worker.connection,
                job_class=worker.job_class,
                serializer=worker.serializer,
            )
            worker.prepare_execution(job)
            worker.perform_job(job, queue)
        except RedisError as error:
            logger.error("Redis went away under job %s: %s", item.job_id, error)  # noqa: TRY400
        except Exception:
            logger.exception("job %s cannot be run", item.job_id)

    def keep_alive(self, *, running_seconds: float | None) -> None:
        """Supervisor: beat for the job that runs since that long; None for none. May raise."""
        if running_seconds is None or time.monotonic() - self._beat_at < BEAT_SECONDS:
            return
        self._beat_at = time.monotonic()
        job = self._current()
        if job is None:
            return
        if job.timeout and 0 < job.timeout + DEAF_SECONDS < running_seconds:
            logger.error("job %s ignores its time limit: killing its work-horse", job.id)
            self._worker.kill_horse()
            return
        executions = job.get_executions()
        if executions:
            self._worker.execution = executions[-1]
            self._worker.set_current_job_working_time(running_seconds)
            self._worker.maintain_heartbeats(job)

    def bury(self, status: int) -> None:
        """Supervisor: end the job that died with the horse, if there was one. Raises RedisError."""
        worker = self._worker
        job = self._current()
        if job is None:
            return
        executions = job.get_executions()
        worker.execution = executions[-1] if executions else None
        try:
            ended = job.get_status() in {JobStatus.FINISHED, JobStatus.FAILED}
        except InvalidJobOperation:
            ended = True
        if ended:
            worker.set_current_job_id(None)
            return
        job.ended_at = now()
        queue = worker.queue_class(
            job.origin, connection=worker.connection, serializer=worker.serializer
        )
        if worker._stopped_job_id == job.id:  # noqa: SLF001 - RQ's stop command left it there
            if job.stopped_callback:
                job.execute_stopped_callback(worker.death_penalty_class)
            why = "Job stopped by user, work-horse terminated."
        else:
            number = f" (signal {os.WTERMSIG(status)})" if os.WIFSIGNALED(status) else ""
            why = f"Work-horse terminated unexpectedly; waitpid returned {status}{number}"
            worker.handle_work_horse_killed(job, worker.horse_pid, status, None)
        worker.handle_job_failure(job, queue=queue, exc_string=why)
        worker.set_current_job_id(None)

    def _current(self) -> Job | None:
        job_id = self._worker.get_current_job_id()
        return self._fetch(job_id) if job_id and task_id_of(job_id) is None else None

    def _fetch(self, job_id: str) -> Any:
        try:
            return self._worker.job_class.fetch(
                job_id, connection=self._worker.connection, serializer=self._worker.serializer
            )
        except NoSuchJobError:
            return None

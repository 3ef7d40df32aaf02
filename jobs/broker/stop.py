"""RQ's stop command, sent to the worker that holds a task."""

import logging

from redis.exceptions import RedisError
from rq.command import send_command

from jobs.broker.connection import redis
from jobs.broker.tickets import ticket

logger = logging.getLogger(__name__)


def request_stop(*, worker: str, task_id: str) -> None:
    """Tell a worker to stop a task. A lost message is made good by the worker's own tick."""
    try:
        send_command(redis(), worker, "stop-job", job_id=ticket(task_id))
    except RedisError as error:
        logger.warning("Redis is away, worker %s finds the cancel by itself: %s", worker, error)

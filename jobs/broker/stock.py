"""What a ticket says to a worker that is not ours."""

from jobs.exceptions import TaskQueueError


class WrongWorker(TaskQueueError):
    """A stock RQ worker popped a ticket."""

    code = "wrong_worker"
    message = (
        "Task {task_id} can only be run by jobs.worker.TaskWorker: start the worker with "
        "`manage.py rqworker`, without --worker-class. The task stays PENDING."
    )


def refuse(task_id: str) -> None:
    """Stand in every ticket as its function; raises WrongWorker, and leaves the row alone."""
    raise WrongWorker(task_id=task_id)

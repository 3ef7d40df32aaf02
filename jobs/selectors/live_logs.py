"""What tasks that run have logged so far."""

from collections.abc import Iterable
from uuid import UUID

from jobs.domain.states import State
from jobs.models import LiveLog, Task
from jobs.selectors.facts import redacted


def live_logs(tasks: Iterable[Task]) -> dict[UUID, str]:
    """The end of the log of those of the tasks that run and have logged something."""
    fences = {task.pk: task.fence for task in tasks if task.state == State.STARTED}
    found = LiveLog.objects.filter(pk__in=fences) if fences else ()
    return {
        log.task_id: str(redacted(log.text)) for log in found if log.fence == fences[log.task_id]
    }

"""The other tasks that a task's page names."""

from uuid import UUID

from jobs.models import Task

MOST_RERUNS = 100


def reruns_of(task: Task) -> list[UUID]:
    """The ids of the tasks that run this one again, the newest first, at most `MOST_RERUNS`."""
    rows = Task.objects.filter(parent=task.pk).newest_first()
    return list(rows.values_list("pk", flat=True)[:MOST_RERUNS])

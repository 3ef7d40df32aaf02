"""The other tasks that a task's page names."""

from uuid import UUID

from jobs.domain.states import State
from jobs.models import Dependency, Task
from jobs.store.whole import MOST_RERUNS


def reruns_of(task: Task) -> list[UUID]:
    """The ids of the tasks that run this one again, the newest first, at most `MOST_RERUNS`."""
    rows = Task.objects.filter(parent=task.pk).newest_first()
    return list(rows.values_list("pk", flat=True)[:MOST_RERUNS])


def dependencies_of(task: Task) -> list[UUID]:
    """The ids of the tasks that it depends on, in the order given."""
    edges = Dependency.objects.filter(task=task).order_by("pk")
    return list(edges.values_list("depends_on", flat=True))


def waits_for(task: Task) -> list[Task]:
    """Those of them that have not succeeded, with their names and states alone."""
    ids = Dependency.objects.filter(task=task).values("depends_on")
    rows = Task.objects.filter(pk__in=ids).exclude(state=State.SUCCESS)
    return list(rows.only("pk", "name", "state").order_by("pk"))

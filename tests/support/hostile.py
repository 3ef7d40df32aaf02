"""Rows as wide and as hostile as they come."""

from jobs.domain.states import State
from jobs.models import Attempt, Event, Task
from tests.support.rows import ago, make_task

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\u202e"


def rows_of_every_state() -> list[Task]:
    """Rows as wide and as hostile as they come."""
    tasks = [
        make_task(
            state=state,
            worker="host.example.org.with.a.long.name.4711",
            started_at=ago(5),
            finished_at=ago(1),
            error=f"{HOSTILE} {'long ' * 40}",
            kwargs={"text": HOSTILE * 3},
            name=f"shop.tasks.{'a_long_name_' * 8}",
        )
        for state in State
    ]
    for task in tasks:
        Attempt.objects.create(
            task=task,
            number=1,
            fence=1,
            outcome="failed",
            finished_at=ago(1),
            exception=HOSTILE,
            error=HOSTILE,
            traceback=f"{HOSTILE}\n{'x' * 300}",
        )
        Event.objects.create(task=task, kind="requeued", actor=HOSTILE, reason=HOSTILE)
    return tasks

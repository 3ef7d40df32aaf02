"""The rare moves that people make: one guarded update, its history line, its news."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from jobs.broker import changes
from jobs.domain.states import MOVES, Move, State
from jobs.domain.webhooks import TOLD
from jobs.exceptions import TaskNotFound, TaskQueueError, TransitionRefused
from jobs.models import Event, Task
from jobs.store import webhooks
from jobs.store.history import add_events

#: Ids per statement; SQLite allows no more than 32,766 parameters.
CHUNK = 5000


@dataclass(slots=True)
class Report:
    """What a verb did to each task it was given."""

    moved: list[UUID] = field(default_factory=list)
    requested: list[UUID] = field(default_factory=list)
    """Running tasks that were asked to stop."""
    refused: dict[UUID, State] = field(default_factory=dict)
    """The state that forbade it, or in which something else did."""
    errors: dict[UUID, TaskQueueError] = field(default_factory=dict)
    """What that was, where it was not the state."""
    missing: list[UUID] = field(default_factory=list)
    notes: dict[UUID, str] = field(default_factory=dict)
    """What is worth to know of a task that was moved: where it was, or what came of it."""
    before: Counter[State] = field(default_factory=Counter)
    """How many of the done were in each state, before and after."""
    after: Counter[State] = field(default_factory=Counter)

    def note(self, tasks: Iterable[Task], *, after: State) -> None:
        """Count tasks, which are as they were read, and what state they have by now."""
        for task in tasks:
            self.before[State(task.state)] += 1
            self.after[after] += 1

    @property
    def done_count(self) -> int:
        """Tasks moved or asked."""
        return len(self.moved) + len(self.requested)

    def only(self, move: str) -> UUID:
        """The one task of this report; raises TaskNotFound or what refused the move for it."""
        for task_id in self.missing:
            raise TaskNotFound(task_id=task_id)
        for error in self.errors.values():
            raise error
        for task_id, state in self.refused.items():
            raise TransitionRefused(task_id=task_id, state=state.value, move=move)
        return (self.moved or self.requested)[0]


def locked(task_ids: Sequence[UUID]) -> list[Task]:
    """The tasks, their long columns deferred, locked until the transaction ends, in id order."""
    rows = Task.objects.among(task_ids).only(
        "pk",
        "state",
        "queue",
        "name",
        "worker",
        "discarded_at",
        "unique_key",
        "run_after",
        "awaited",
    )
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    return list(rows.order_by("pk"))


def others(tasks: Iterable[Task], *touched: Iterable[Task]) -> dict[UUID, State]:
    """The state of each of the tasks that is not among the touched."""
    ids = {task.pk for group in touched for task in group}
    return {task.pk: State(task.state) for task in tasks if task.pk not in ids}


def report_rest(report: Report, rest: Sequence[UUID]) -> None:
    """Add what was not touched: in which state each is that exists, and which do not."""
    if not rest:
        return
    rows = Task.objects.among(rest).values_list("pk", "state")
    states = {pk: State(state) for pk, state in rows}
    report.refused |= states
    report.missing += sorted(set(rest) - states.keys())


def chunks(task_ids: Iterable[UUID | str]) -> Iterable[list[UUID]]:
    """The ids, each once, in pieces that fit one statement, in the order in which all lock them.

    A text is taken too, as `TaskResult.id` is one. Raises TaskNotFound when it is no UUID.
    """
    ids = sorted(set(map(as_uuid, task_ids)))
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


def as_uuid(task_id: UUID | str) -> UUID:
    """The id; raises TaskNotFound when it is no UUID."""
    if isinstance(task_id, UUID):
        return task_id
    try:
        return UUID(task_id)
    except ValueError:
        raise TaskNotFound(task_id=task_id) from None


def apply(
    move: Move,
    tasks: Sequence[Task],
    *,
    kind: Event.Kind | None = None,
    actor: str = "",
    reason: str = "",
    **columns: object,
) -> None:
    """Move locked tasks, all of which may make the move; must run inside a transaction.

    Without a kind no history is written: the move says nothing that the rows do not. The webhooks
    that want it will be told.
    """
    if not tasks:
        return
    target = MOVES[move].target
    ids = [task.pk for task in tasks]
    Task.objects.among(ids).update(state=target, updated_at=timezone.now(), **columns)
    if kind is not None:
        record(tasks, kind=kind, actor=actor, reason=reason)
    if target in TOLD:
        reached = ((task.pk, task.name, target) for task in tasks)
        webhooks.note(reached, webhooks.subscriptions())
    tell(ids)


def record(tasks: Sequence[Task], *, kind: Event.Kind, actor: str, reason: str) -> None:
    """Write one history line for each task."""
    if tasks:
        ids = [task.pk for task in tasks]
        add_events(ids, kind=kind.value, actor=actor, reason=reason, at=timezone.now())


def tell(task_ids: Sequence[UUID | str]) -> None:
    """After the commit, tell whoever watches."""
    news = [str(task_id) for task_id in task_ids[: changes.MOST_PER_ENTRY]]
    transaction.on_commit(partial(changes.tell, news), robust=True)

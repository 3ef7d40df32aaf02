"""Let waiting tasks run at another moment, or now."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from jobs.broker import tickets
from jobs.domain.audit import Verb
from jobs.domain.states import Move, State, allowed
from jobs.exceptions import InvalidOption
from jobs.models import Event, Task
from jobs.selectors.facts import moment
from jobs.services import moves
from jobs.services.audit import entered_for_tasks
from jobs.services.moves import Report

#: As far into the future as a task may be put off.
FURTHEST = timedelta(days=3650)


def reschedule(*, task_id: UUID | str, run_after: datetime, actor: str, reason: str = "") -> Task:
    """Let one waiting task run from a moment on, at once if that has come; gives its row.

    A pending task is SCHEDULED until then, and back at the end of its queue. One that waits for its
    next attempt or for other tasks keeps its state.

    Raises:
        TaskNotFound: no task has this id.
        TransitionRefused: it does not wait, or may run already and the moment has come.
        InvalidOption: the moment has no zone or is more than ten years away.
    """
    report = reschedule_many(task_ids=[task_id], run_after=run_after, actor=actor, reason=reason)
    return Task.objects.get(pk=report.only("reschedule"))


@transaction.atomic
def reschedule_many(
    *, task_ids: Iterable[UUID | str], run_after: datetime, actor: str, reason: str = ""
) -> Report:
    """Reschedule every task that waits; the report says what became of each.

    Raises:
        InvalidOption: as `reschedule` does.
    """
    check_moment(run_after)
    report = Report()
    for ids in moves.chunks(task_ids):
        _reschedule(ids, report, run_after, actor=actor, reason=reason)
    deed = Verb.TASK_RESCHEDULE
    entered_for_tasks(deed, report, actor=actor, reason=reason, run_after=run_after)
    return report


def check_moment(run_after: datetime) -> None:
    """Raises InvalidOption: the moment has no zone or is more than ten years away."""
    if run_after.tzinfo is None or run_after > timezone.now() + FURTHEST:
        allowed_moment = "a date and time with a time zone, at most ten years from now"
        raise InvalidOption(field="run_after", given=run_after.isoformat(), allowed=allowed_moment)


def _reschedule(
    ids: list[UUID], report: Report, run_after: datetime, *, actor: str, reason: str
) -> None:
    now = timezone.now()
    at = max(run_after, now)
    move = Move.POSTPONE if at > now else Move.PROMOTE
    tasks = moves.locked(ids)
    moved = [task for task in tasks if allowed(move, State(task.state))]
    stay = {State.BLOCKED} if at == now else {State.BLOCKED, State.SCHEDULED, State.RETRY}
    kept = [task for task in tasks if task.state in stay]
    moves.apply(move, moved, run_after=at)
    Task.objects.among([task.pk for task in kept]).update(run_after=at, updated_at=now)
    told = f"to {moment(at)}" if at > now else "to now"
    moves.record(
        [*moved, *kept],
        kind=Event.Kind.RESCHEDULED,
        actor=actor,
        reason=f"{told}: {reason}" if reason else told,
    )
    if move is Move.PROMOTE and moved:
        places = [(task.queue, str(task.pk)) for task in moved]
        transaction.on_commit(partial(tickets.ring, places), robust=True)
    moves.tell([task.pk for task in kept])
    report.moved += [task.pk for task in (*moved, *kept)]
    report.notes |= {task.pk: moment(task.run_after) or "" for task in (*moved, *kept)}
    report.refused |= moves.others(tasks, moved, kept)
    report.missing += sorted(set(ids) - {task.pk for task in tasks})

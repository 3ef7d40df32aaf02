"""Run a task once more as a new one, with the same arguments or others."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Unpack, cast
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from jobs.domain.options import CallOptions
from jobs.domain.redaction import REPLACEMENT, holds_replacement
from jobs.domain.registry import registry
from jobs.domain.states import State
from jobs.exceptions import InvalidOption, TaskNotFound, TaskQueueError, TransitionRefused
from jobs.models import Event, Task
from jobs.selectors.facts import as_stored
from jobs.services import moves
from jobs.services.enqueue import draft, enqueue_drafts, enqueue_or_find, terms_of
from jobs.services.moves import Report
from jobs.store.create import NewTask
from jobs.store.history import add_events


def rerun(
    *,
    task_id: UUID | str,
    actor: str,
    reason: str = "",
    args: Sequence[object] | None = None,
    kwargs: Mapping[str, object] | None = None,
    **options: Unpack[CallOptions],
) -> Task:
    """Write a new task like this one and give its row; `parent` names the old one, which stays.

    `args` or `kwargs`, where one is given, replace the old arguments as a whole; what is hidden in
    them as it is shown of the old ones stands for the old value. Of the options
    that are not given, queue, retries, time limit and tags are as the old row has them; its moments
    are not taken over, nor is its `unique_key`. Both rows get an event. With a `unique_key` that is
    taken it gives the task that has it, and writes nothing.

    Raises:
        TaskNotFound: no task has this id.
        TransitionRefused: it is running.
        UnknownTaskType: this release does not have its type.
        InvalidOption: the arguments hide something that the old ones do not have.
        As `enqueue` does, when the arguments or options are not allowed.
    """
    old = Task.objects.filter(pk=moves.as_uuid(task_id)).first()
    if old is None:
        raise TaskNotFound(task_id=task_id)
    if old.state == State.STARTED:
        raise TransitionRefused(task_id=old.pk, state=old.state, move="rerun")
    if args is None and kwargs is None:
        args, kwargs = old.args, old.kwargs
    else:
        args, kwargs = _whole("args", args, old.args), _whole("kwargs", kwargs, old.kwargs)
    with transaction.atomic():
        new, is_new = enqueue_or_find(
            task_type=registry.get(old.name),
            args=args or (),
            kwargs=kwargs,
            **_options(old, options, actor),
        )
        if is_new:
            moves.record([old], kind=Event.Kind.RERUN, actor=actor, reason=reason)
            moves.record([new], kind=Event.Kind.RERUN_OF, actor=actor, reason=reason)
    return new


def rerun_many(
    *,
    task_ids: Iterable[UUID | str],
    actor: str,
    reason: str = "",
    kwargs: Mapping[str, object] | None = None,
) -> Report:
    """Write a new task like each of these that does not run; the report tells its id.

    `kwargs` take the place of each one's own arguments of these names, and its others stay. A task
    whose type does not take them so is left alone, with the reason.
    """
    report = Report()
    for ids in moves.chunks(task_ids):
        with transaction.atomic():
            _rerun(ids, report, kwargs or {}, actor=actor, reason=reason)
    return report


def _rerun(
    ids: list[UUID],
    report: Report,
    changed: Mapping[str, object],
    *,
    actor: str,
    reason: str,
) -> None:
    now = timezone.now()
    tasks = list(Task.objects.among(ids).order_by("pk"))
    drafts: dict[UUID, NewTask] = {}
    for task in tasks:
        if task.state != State.STARTED:
            try:
                drafts[task.pk] = _draft(task, changed, actor, now)
            except TaskQueueError as error:
                report.errors[task.pk] = error
    new = dict(zip(drafts, enqueue_drafts(list(drafts.values())), strict=True))
    old = [task for task in tasks if task.pk in drafts]
    moves.record(old, kind=Event.Kind.RERUN, actor=actor, reason=reason)
    add_events(
        [UUID(task_id) for task_id in new.values()],
        kind=Event.Kind.RERUN_OF.value,
        actor=actor,
        reason=reason,
        at=now,
    )
    report.moved += new
    report.notes |= new
    report.refused |= moves.others(tasks, old)
    report.missing += sorted(set(ids) - {task.pk for task in tasks})


def _draft(task: Task, changed: Mapping[str, object], actor: str, now: datetime) -> NewTask:
    task_type = registry.get(task.name)
    whole = {
        name: _whole("kwargs", value, task.kwargs.get(name)) for name, value in changed.items()
    }
    terms = terms_of(task_type, now=now, **_options(task, CallOptions(), actor))
    return draft(task_type, task.args, {**task.kwargs, **whole}, terms=terms)


def _whole(field: str, given: Any, original: Any) -> Any:
    """Arguments as they are to be stored, sent back by somebody who was shown the old ones."""
    stored = as_stored(given, original)
    if holds_replacement(stored) and not holds_replacement(original):
        allowed = f"without {REPLACEMENT!r} where the task it runs again has no such value"
        raise InvalidOption(field=field, given=REPLACEMENT, allowed=allowed)
    return stored


def _options(old: Task, changed: CallOptions, actor: str) -> CallOptions:
    same = CallOptions(
        queue=old.queue,
        max_retries=old.max_retries,
        timeout_seconds=old.timeout_seconds,
        tags=old.tags or [],
    )
    given = {name: value for name, value in changed.items() if value is not None}
    own = CallOptions(parent=old.pk, submitted_by=actor)
    return cast("CallOptions", {**same, **given, **own})

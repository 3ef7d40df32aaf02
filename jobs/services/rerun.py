"""Run a task once more as a new one, with the same arguments or others."""

from collections.abc import Mapping, Sequence
from typing import Any, Unpack, cast
from uuid import UUID

from django.db import transaction

from jobs.domain.audit import Verb
from jobs.domain.options import CallOptions
from jobs.domain.redaction import REPLACEMENT, holds_replacement
from jobs.domain.registry import registry
from jobs.domain.states import State
from jobs.exceptions import InvalidOption, TaskNotFound, TransitionRefused
from jobs.models import Event, Task
from jobs.selectors.facts import as_stored
from jobs.services import moves
from jobs.services.audit import entered
from jobs.services.enqueue import enqueue_or_find


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
    chosen = {name: value for name, value in options.items() if value is not None}
    after: dict[str, object] = {**chosen, "arguments": "the same"}
    if args is None and kwargs is None:
        args, kwargs = old.args, old.kwargs
    else:
        args, kwargs = _whole("args", args, old.args), _whole("kwargs", kwargs, old.kwargs)
        after["arguments"] = "others"
    after.pop("submitted_by", None)
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
            after["task"] = new.pk
            entered(Verb.TASK_RERUN, old.pk, actor=actor, reason=reason, after=after)
    return new


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

"""Ask for a task to be run: the row in the caller's transaction, the doorbell after its commit."""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from uuid import UUID

import uuid_utils
from django.db import transaction
from django.utils import timezone
from jobs.domain.registry import TaskType

from jobs.broker import changes, tickets
from jobs.broker.connection import queue_names
from jobs.domain.states import State
from jobs.exceptions import InvalidOption, UnknownQueue
from jobs.models import Task
from jobs.store.create import NewTask, insert, insert_many

MAX_RETRIES = 1000
MAX_TIMEOUT_SECONDS = 7 * 24 * 3600.0
#: Rows per statement of `enqueue_many`: its memory is bounded by this, not by the number of calls.
CHUNK = 10_000

Call = tuple[Sequence[object], Mapping[str, object]]


def enqueue(
    *,
    task_type: "TaskType[..., object]",
    args: Sequence[object] = (),
    kwargs: Mapping[str, object] | None = None,
    queue: str | None = None,
    max_retries: int | None = None,
    timeout_seconds: float | None = None,
    run_after: datetime | None = None,
    expires_at: datetime | None = None,
    submitted_by: str = "",
) -> Task:
    """Write one task; what is not given comes from its type.

    Without an open transaction the row is committed at once, with one it lives or dies with it;
    either way the doorbell rings after the commit. A Redis that is away is not an error.

    Raises:
        InvalidArguments: the arguments do not fit the function's signature.
        PayloadError: they cannot be stored as JSON, or are too large.
        UnknownQueue, InvalidOption: an option is not allowed.
    """
    new = draft(
        task_type=task_type,
        args=args,
        kwargs=kwargs or {},
        queue=queue,
        max_retries=max_retries,
        timeout_seconds=timeout_seconds,
        run_after=run_after,
        expires_at=expires_at,
        submitted_by=submitted_by,
    )
    insert(new)
    announce([new])
    return _as_model(new)


def enqueue_many(
    *,
    task_type: "TaskType[..., object]",
    calls: Iterable[Call],
    queue: str | None = None,
    max_retries: int | None = None,
    timeout_seconds: float | None = None,
    run_after: datetime | None = None,
    expires_at: datetime | None = None,
    submitted_by: str = "",
) -> list[str]:
    """Write a task for each call of `calls`, given as (args, kwargs); all or none. Gives their ids.

    Raises as `enqueue` does.
    """
    ids: list[str] = []
    remaining = iter(calls)
    with transaction.atomic():
        while chunk := list(islice(remaining, CHUNK)):
            new = [
                draft(
                    task_type=task_type,
                    args=args,
                    kwargs=kwargs,
                    queue=queue,
                    max_retries=max_retries,
                    timeout_seconds=timeout_seconds,
                    run_after=run_after,
                    expires_at=expires_at,
                    submitted_by=submitted_by,
                )
                for args, kwargs in chunk
            ]
            enqueue_drafts(new)
            ids += [task.id for task in new]
    return ids


def enqueue_drafts(new: Sequence[NewTask]) -> None:
    """Write checked drafts, which may be of many types; all or none."""
    insert_many(new)
    announce(new)


def draft(
    *,
    task_type: "TaskType[..., object]",
    args: Sequence[object],
    kwargs: Mapping[str, object],
    queue: str | None = None,
    max_retries: int | None = None,
    timeout_seconds: float | None = None,
    run_after: datetime | None = None,
    expires_at: datetime | None = None,
    submitted_by: str = "",
) -> NewTask:
    """The row that `enqueue` would write, checked but not written. Raises as `enqueue` does."""
    now = timezone.now()
    encoded = task_type.arguments.encode(args, kwargs)
    due = run_after or task_type.run_after
    later = due is not None and _moment("run_after", due) > now
    if expires_at is not None and _moment("expires_at", expires_at) <= now:
        raise InvalidOption(
            field="expires_at", given=expires_at.isoformat(), allowed="a moment in the future"
        )
    return NewTask(
        id=str(uuid_utils.uuid7()),
        name=task_type.name,
        queue=_queue(queue or task_type.queue_name),
        args=encoded.args,
        kwargs=encoded.kwargs,
        state=State.SCHEDULED.value if later else State.PENDING.value,
        max_retries=_retries(task_type.max_retries if max_retries is None else max_retries),
        timeout_seconds=_timeout(
            task_type.timeout_seconds if timeout_seconds is None else timeout_seconds
        ),
        run_after=due if due is not None and later else now,
        expires_at=expires_at,
        created_at=now,
        submitted_by=submitted_by,
    )


def announce(new: Sequence[NewTask]) -> None:
    """After the commit: ring for those that may run now, and tell whoever watches."""
    pending = [(task.queue, task.id) for task in new if task.state == State.PENDING.value]
    if pending:
        transaction.on_commit(partial(tickets.ring, pending), robust=True)
    news = [(task.id, task.state) for task in new[-changes.MOST_PER_MESSAGE :]]
    transaction.on_commit(partial(changes.tell, news), robust=True)


def _queue(name: str) -> str:
    if name not in queue_names():
        raise UnknownQueue(queue=name, allowed=", ".join(queue_names()))
    return name


def _retries(count: int) -> int:
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MAX_RETRIES:
        raise InvalidOption(
            field="max_retries", given=count, allowed=f"a whole number from 0 to {MAX_RETRIES}"
        )
    return count


def _timeout(seconds: float) -> float:
    if (
        isinstance(seconds, bool)
        or not isinstance(seconds, int | float)
        or not math.isfinite(seconds)
        or not 0 < seconds <= MAX_TIMEOUT_SECONDS
    ):
        raise InvalidOption(
            field="timeout_seconds",
            given=seconds,
            allowed=f"a number above 0 and at most {MAX_TIMEOUT_SECONDS:g}",
        )
    return float(seconds)


def _moment(field: str, given: datetime) -> datetime:
    if given.tzinfo is None:
        raise InvalidOption(
            field=field, given=given.isoformat(), allowed="a date and time with a time zone"
        )
    return given


def _as_model(new: NewTask) -> Task:
    return Task(
        id=UUID(new.id),
        name=new.name,
        queue=new.queue,
        state=new.state,
        max_retries=new.max_retries,
        timeout_seconds=new.timeout_seconds,
        run_after=new.run_after,
        expires_at=new.expires_at,
        created_at=new.created_at,
        updated_at=new.created_at,
        submitted_by=new.submitted_by,
    )

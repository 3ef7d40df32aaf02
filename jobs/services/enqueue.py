"""Ask for a task to be run: the row in the caller's transaction, the doorbell after its commit."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

import uuid_utils
from django.db import transaction
from django.utils import timezone

from jobs.broker import changes, tickets
from jobs.broker.connection import queue_names
from jobs.domain.options import check_retries, check_timeout
from jobs.domain.registry import TaskType
from jobs.domain.states import State
from jobs.exceptions import InvalidOption, UnknownQueue
from jobs.models import Task
from jobs.store.create import NewTask, insert, insert_many

#: Rows per statement of `enqueue_many`: its memory is bounded by this, not by the number of calls.
CHUNK = 10_000

Call = tuple[Sequence[Any], Mapping[str, Any]]


def enqueue(
    *,
    task_type: TaskType[..., Any],
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
    task_type: TaskType[..., Any],
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
    task_type: TaskType[..., Any],
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
    expiry = expires_at or task_type.expires_at
    if expiry is not None and _moment("expires_at", expiry) <= now:
        raise InvalidOption(
            field="expires_at", given=expiry.isoformat(), allowed="a moment in the future"
        )
    return NewTask(
        id=str(uuid_utils.uuid7()),
        name=task_type.name,
        queue=_queue(queue or task_type.queue),
        args=encoded.args,
        kwargs=encoded.kwargs,
        state=State.SCHEDULED.value if later else State.PENDING.value,
        max_retries=task_type.max_retries if max_retries is None else check_retries(max_retries),
        timeout_seconds=(
            task_type.timeout_seconds if timeout_seconds is None else check_timeout(timeout_seconds)
        ),
        run_after=due if due is not None and later else now,
        expires_at=expiry,
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

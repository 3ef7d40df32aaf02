"""Ask for a task to be run: the row in the caller's transaction, the doorbell after its commit."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import chain, islice
from typing import Any, Unpack
from uuid import UUID

import uuid_utils
from django.db import transaction
from django.utils import timezone

from jobs.broker import changes, tickets
from jobs.broker.connection import queue_names
from jobs.domain.options import (
    CallOptions,
    check_depends_on,
    check_retries,
    check_tags,
    check_timeout,
    check_unique_key,
)
from jobs.domain.registry import TaskType
from jobs.domain.states import State
from jobs.exceptions import InvalidOption, UnknownQueue
from jobs.models import Task
from jobs.services.dependencies import link, placed, standing
from jobs.services.unique import insert_unique
from jobs.store.create import NewTask, Terms, insert, insert_many

#: Rows per statement of `enqueue_many`: its memory is bounded by this, not by the number of calls.
CHUNK = 10_000

Call = tuple[Sequence[Any], Mapping[str, Any]]


def enqueue(
    *,
    task_type: TaskType[..., Any],
    args: Sequence[object] = (),
    kwargs: Mapping[str, object] | None = None,
    **options: Unpack[CallOptions],
) -> Task:
    """Write one task, or find the open one with its `unique_key`; gives its row.

    Without an open transaction the row is committed at once, with one it lives or dies with it;
    either way the doorbell rings after the commit. A Redis that is away is not an error.

    Raises:
        InvalidArguments: the arguments do not fit the function's signature.
        PayloadError: they cannot be stored as JSON, or are too large.
        UnknownQueue, InvalidOption: an option is not allowed.
    """
    return enqueue_or_find(task_type=task_type, args=args, kwargs=kwargs, **options)[0]


def enqueue_or_find(
    *,
    task_type: TaskType[..., Any],
    args: Sequence[object] = (),
    kwargs: Mapping[str, object] | None = None,
    **options: Unpack[CallOptions],
) -> tuple[Task, bool]:
    """As `enqueue`; gives also whether the task is a new one."""
    terms = _terms_now(task_type, **options)
    new = draft(task_type, args, kwargs or {}, terms=terms)
    if terms.is_plain:
        insert(new)
        announce([new])
        return _as_model(new), True
    (task_id,) = enqueue_drafts([new])
    is_new = task_id == new.id
    return (_as_model(new) if is_new else Task.objects.get(pk=task_id)), is_new


def enqueue_many(
    *, task_type: TaskType[..., Any], calls: Iterable[Call], **options: Unpack[CallOptions]
) -> list[str]:
    """Write a task for each call of `calls`, given as (args, kwargs); all or none. Gives their ids.

    Raises as `enqueue` does, and InvalidOption for a `unique_key`: the calls would share it.
    """
    ids: list[str] = []
    remaining = iter(calls)
    with transaction.atomic():
        while chunk := list(islice(remaining, CHUNK)):
            terms = _terms_now(task_type, **options)
            _check_for_many(terms)
            new: list[NewTask] = []
            insert_many(_drafts(task_type, chunk, terms=terms, kept=new))
            if terms.depends_on:
                link(new)
            announce(new)
            ids += [task.id for task in new]
    return ids


def enqueue_drafts(new: Sequence[NewTask]) -> list[str]:
    """Write checked and placed drafts, which may be of many types; all or none.

    Gives a task's id for each draft: its own or, where its `unique_key` is taken, that of the open
    task that has it, which may be an earlier one of these.
    """
    by_terms: defaultdict[Terms, list[NewTask]] = defaultdict(list)
    keyed: list[NewTask] = []
    for task in new:
        (by_terms[task.terms] if task.terms.unique_key is None else keyed).append(task)
    with transaction.atomic():
        if by_terms:
            insert_many(chain.from_iterable(by_terms.values()))
        found = insert_unique(keyed)
        written = [task for task in new if task.id not in found]
        link(written)
        announce(written)
    return [found.get(task.id, task.id) for task in new]


def _terms_now(task_type: TaskType[..., Any], **options: Unpack[CallOptions]) -> Terms:
    terms = terms_of(task_type, now=timezone.now(), **options)
    return placed(terms, standing(terms.depends_on)) if terms.depends_on else terms


def _check_for_many(terms: Terms) -> None:
    if terms.unique_key is not None:
        raise InvalidOption(
            field="unique_key",
            given=terms.unique_key,
            allowed="left out here: all calls would share it, and only the first be written",
        )


def draft(
    task_type: TaskType[..., Any],
    args: Sequence[object],
    kwargs: Mapping[str, object],
    *,
    terms: Terms,
) -> NewTask:
    """The row that a call asks for, not yet written. Raises InvalidArguments, PayloadError."""
    encoded = task_type.arguments.encode(args, kwargs)
    return NewTask(str(uuid_utils.uuid7()), encoded.args, encoded.kwargs, terms)


def terms_of(
    task_type: TaskType[..., Any],
    *,
    now: datetime,
    queue: str | None = None,
    max_retries: int | None = None,
    timeout_seconds: float | None = None,
    run_after: datetime | None = None,
    expires_at: datetime | None = None,
    tags: Sequence[str] | None = None,
    unique_key: str | None = None,
    depends_on: Sequence[UUID | str] | None = None,
    submitted_by: str = "",
    parent: UUID | None = None,
) -> Terms:
    """What all rows of one call say, by its options and else by its type.

    Not yet `placed` among what they depend on.

    Raises:
        UnknownQueue, InvalidOption: an option is not allowed.
    """
    due = run_after or task_type.run_after
    later = due is not None and _moment("run_after", due) > now
    expiry = expires_at or task_type.expires_at
    if expiry is not None and _moment("expires_at", expiry) <= now:
        raise InvalidOption(
            field="expires_at", given=expiry.isoformat(), allowed="a moment in the future"
        )
    return Terms(
        name=task_type.name,
        queue=known_queue(queue or task_type.queue),
        state=State.SCHEDULED.value if later else State.PENDING.value,
        max_retries=task_type.max_retries if max_retries is None else check_retries(max_retries),
        timeout_seconds=(
            task_type.timeout_seconds if timeout_seconds is None else check_timeout(timeout_seconds)
        ),
        run_after=due if due is not None and later else now,
        expires_at=expiry,
        created_at=now,
        submitted_by=submitted_by,
        tags=tuple(task_type.tags) if tags is None else check_tags(tags),
        parent=parent,
        unique_key=task_type.unique_key if unique_key is None else check_unique_key(unique_key),
        depends_on=(
            tuple(map(str, task_type.depends_on))
            if depends_on is None
            else check_depends_on(depends_on)
        ),
    )


def _drafts(
    task_type: TaskType[..., Any], calls: Iterable[Call], *, terms: Terms, kept: list[NewTask]
) -> Iterator[NewTask]:
    for args, kwargs in calls:
        new = draft(task_type, args, kwargs, terms=terms)
        kept.append(new)
        yield new


def announce(new: Sequence[NewTask]) -> None:
    """After the commit: ring for those that may run now, and tell whoever watches."""
    pending: defaultdict[str, list[str]] = defaultdict(list)  # a million wait for a commit as ids
    for task in new:
        if task.terms.state == State.PENDING.value:
            pending[task.terms.queue].append(task.id)
    if pending:
        transaction.on_commit(partial(_ring, pending), robust=True)
    news = [task.id for task in new[-changes.MOST_PER_ENTRY :]]
    transaction.on_commit(partial(changes.tell, news), robust=True)


def _ring(pending: Mapping[str, Sequence[str]]) -> None:
    tickets.ring([(queue, task_id) for queue, ids in pending.items() for task_id in ids])


def known_queue(name: str) -> str:
    """The name. Raises UnknownQueue: there is no such queue."""
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
    terms = new.terms
    return Task(
        id=UUID(new.id),
        name=terms.name,
        queue=terms.queue,
        state=terms.state,
        max_retries=terms.max_retries,
        timeout_seconds=terms.timeout_seconds,
        run_after=terms.run_after,
        expires_at=terms.expires_at,
        created_at=terms.created_at,
        updated_at=terms.created_at,
        submitted_by=terms.submitted_by,
        tags=list(terms.tags) or None,
        parent=terms.parent,
        unique_key=terms.unique_key,
    )

"""Keep what operators do: who, from where, what, to what, why, and what it changed.

A door says with `through` by whom and whence it is entered; a service says with `entered`, inside
its own transaction, what was done. What a deed does in turn (`covered`) is told by its own entry.
Workers open no door and enter nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from jobs.conf import get_conf
from jobs.domain.audit import Door, Verb
from jobs.domain.callers import client_address
from jobs.domain.states import State
from jobs.models import ApiToken, AuditEntry, Task
from jobs.selectors.facts import redacted
from jobs.services.moves import Report

#: What is kept of a text and of a list in a filter, in before and in after.
MOST_CHARACTERS = 500
MOST_ITEMS = 50
_SUBJECT_LENGTH = 200
_ACTOR_LENGTH = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """By which door somebody came in, and with what request or under what name."""

    door: Door
    request: HttpRequest | None = None
    name: str = ""

    @property
    def actor(self) -> str:
        """Under which name deeds are kept where the service is told none."""
        if self.request is None:
            return self.name
        return self.request.user.get_username() or "anonymous"

    @property
    def token(self) -> str:
        """The beginning of the token that was shown at the door."""
        auth = getattr(self.request, "auth", None)
        return auth.prefix if isinstance(auth, ApiToken) else ""

    @property
    def address(self) -> str:
        """Whence, as `JOBS["TRUSTED_PROXIES"]` lets it be trusted."""
        if self.request is None:
            return ""
        meta = self.request.META
        remote, forwarded = meta.get("REMOTE_ADDR", ""), meta.get("HTTP_X_FORWARDED_FOR", "")
        return client_address(remote, forwarded, proxies=get_conf().trusted_proxies)


_NOBODY = Caller(door=Door.SYSTEM)
_caller: ContextVar[Caller] = ContextVar("caller", default=_NOBODY)
_covered: ContextVar[bool] = ContextVar("covered", default=False)


@contextmanager
def through(door: Door, request: HttpRequest | None = None, *, name: str = "") -> Iterator[None]:
    """Whatever is done inside is done by whoever came through this door."""
    before = _caller.set(Caller(door=door, request=request, name=name))
    try:
        yield
    finally:
        _caller.reset(before)


@contextmanager
def covered() -> Iterator[None]:
    """Whatever is done inside is part of a deed that has an entry of its own."""
    before = _covered.set(True)
    try:
        yield
    finally:
        _covered.reset(before)


def entered(
    verb: Verb,
    subject_id: object = "",
    *,
    actor: str | None = None,
    reason: str = "",
    count: int | None = 1,
    wanted: Mapping[str, Any] | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Keep a deed; must run inside the transaction of the deed.

    Without an actor it is whoever came through the door. `wanted` says of many which were meant,
    `before` and `after` what changed, without what is in both: small facts, never payloads; secrets
    in them are replaced.
    """
    if _covered.get():
        return
    caller = _caller.get()
    was, became = _small(redacted(dict(before or {}))), _small(redacted(dict(after or {})))
    same = {name for name in was.keys() & became.keys() if was[name] == became[name]}
    AuditEntry.objects.create(
        actor=(caller.actor if actor is None else actor)[:_ACTOR_LENGTH],
        address=caller.address,
        token=caller.token,
        door=caller.door.value,
        verb=verb.value,
        subject=verb.subject,
        subject_id=str(subject_id)[:_SUBJECT_LENGTH],
        filter=None if wanted is None else _small(redacted(dict(wanted))),
        count=count,
        reason=reason,
        before={name: value for name, value in was.items() if name not in same},
        after={name: value for name, value in became.items() if name not in same},
    )


def entered_for_tasks(
    verb: Verb, report: Report, *, actor: str, reason: str = "", **after: object
) -> None:
    """Keep what a verb did to the tasks of its report; nothing when it did nothing.

    `after` is what they have in common since, beside what the report tells.
    """
    ids = [*report.moved, *report.requested]
    if not ids:
        return
    if report.requested:
        after = {"asked_to_stop": len(report.requested)} | after
    only = ids[0] if len(ids) == 1 else None
    entered(
        verb,
        only or "",
        actor=actor,
        reason=reason,
        count=len(ids),
        wanted={"task_ids": ids} if only is None else None,
        before=_states(report.before),
        after=_states(report.after) | after,
    )


def entered_submit(task: Task) -> None:
    """Keep that somebody submitted a task by hand."""
    after = {"task_type": task.name, "queue": task.queue}
    entered(Verb.TASK_SUBMIT, task.pk, actor=task.submitted_by, after=after)


def _states(counts: Mapping[State, int]) -> dict[str, object]:
    """One state in a word; of several how many tasks were in each."""
    states = {state.value: count for state, count in sorted(counts.items())}
    if not states:
        return {}
    return {"state": next(iter(states)) if len(states) == 1 else states}


def _small(value: Any) -> Any:
    """A value as JSON can hold it, its texts and lists cut."""
    match value:
        case str():
            text = value.replace("\0", "")
            return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"
        case Mapping():
            return {str(key): _small(item) for key, item in value.items()}
        case UUID():
            return str(value)
        case datetime():
            return value.isoformat()
        case Sequence() | set() | frozenset():
            items = [_small(item) for item in list(value)[:MOST_ITEMS]]
            return items if len(value) <= MOST_ITEMS else [*items, f"… {len(value):,} in all"]
    return value

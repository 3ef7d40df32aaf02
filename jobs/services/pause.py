"""Stop a queue or a task type from being served, and let it be served again.

What runs goes on, and what is submitted waits. The rows are the truth: every worker reads them once
a second.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.utils import timezone

from jobs.broker.connection import queue_names
from jobs.domain.audit import Verb
from jobs.domain.registry import registry
from jobs.exceptions import InvalidOption, UnknownQueue, UnknownTaskType
from jobs.models import Pause, PauseQuerySet, QueuePause, TypePause
from jobs.services.audit import entered

PauseT = TypeVar("PauseT", bound=Pause)

#: What is kept of a pause, and of its end.
_VERBS: Mapping[type[Pause], tuple[Verb, Verb]] = MappingProxyType(
    {
        QueuePause: (Verb.QUEUE_PAUSE, Verb.QUEUE_RESUME),
        TypePause: (Verb.TYPE_PAUSE, Verb.TYPE_RESUME),
    }
)


def pause(*, queue: str, actor: str, reason: str, until: datetime | None = None) -> QueuePause:
    """Pause a queue, for ever or until a moment, and give the pause that holds.

    Of a queue that is paused for the same reason until the same moment nothing changes; a pause
    that says anything else takes the place of the one before, which is kept as ended.

    Raises:
        UnknownQueue: there is no such queue.
        InvalidOption: there is no reason, or `until` is not to come.
    """
    _check(queue)
    wanted = QueuePause(queue=queue, actor=actor, reason=reason, until=until)
    return _begin(wanted, QueuePause.objects.filter(queue=queue))


def pause_type(*, name: str, actor: str, reason: str, until: datetime | None = None) -> TypePause:
    """As `pause`, a task type: its tasks wait on whichever queue they are, under any of its names.

    Raises:
        UnknownTaskType: this release has no such type.
        InvalidOption: there is no reason, or `until` is not to come.
    """
    task_type = registry.get(name)
    wanted = TypePause(name=task_type.name, actor=actor, reason=reason, until=until)
    return _begin(wanted, TypePause.objects.filter(name__in=registry.names_of(name)))


def resume(*, queue: str, actor: str, reason: str = "") -> QueuePause | None:
    """End a queue's pause, and give it as ended; None when the queue was not paused.

    Raises:
        UnknownQueue: there is no such queue.
    """
    _check(queue)
    return _resume(QueuePause.objects.filter(queue=queue), actor=actor, reason=reason)


def resume_type(*, name: str, actor: str, reason: str = "") -> TypePause | None:
    """As `resume`, a task type; also one that this release does not have any more.

    Raises:
        UnknownTaskType: there is no such type, and nobody paused it when there was.
    """
    kept = TypePause.objects.filter(name__in=registry.names_of(name))
    if registry.find(name) is None and not ("\0" not in name and kept.exists()):
        raise UnknownTaskType(name=name)
    return _resume(kept, actor=actor, reason=reason)


def _begin(wanted: PauseT, kept: PauseQuerySet[PauseT]) -> PauseT:
    """The pause that is wanted, unless one that says the same holds among those of its thing."""
    if not wanted.reason.strip():
        raise InvalidOption(field="reason", given=wanted.reason, allowed="a text that says why")
    if wanted.until is not None and wanted.until <= timezone.now():
        raise InvalidOption(
            field="until", given=wanted.until.isoformat(), allowed="a moment in the future"
        )
    try:
        return _pause(wanted, kept)
    except IntegrityError:  # two met at the first pause ever of this thing: now there is a lock
        return _pause(wanted, kept)


@transaction.atomic
def _pause(wanted: PauseT, kept: PauseQuerySet[PauseT]) -> PauseT:
    now = timezone.now()
    present, before = _open(kept), None
    if present is not None:
        if present.holds(now):
            before = _terms(present)
            if (present.reason, present.until) == (wanted.reason, wanted.until):
                return present
            _end(present, at=now, actor=wanted.actor, reason="paused anew")
        else:
            _end(present, at=present.until or now, actor="", reason="")
    wanted.since = now
    wanted.save(force_insert=True)
    verb, _ = _VERBS[type(wanted)]
    entered(
        verb,
        wanted.subject,
        actor=wanted.actor,
        reason=wanted.reason,
        before=before,
        after=_terms(wanted),
    )
    return wanted


@transaction.atomic
def _resume(kept: PauseQuerySet[PauseT], *, actor: str, reason: str) -> PauseT | None:
    now = timezone.now()
    present = _open(kept)
    if present is None or not present.holds(now):
        return None
    _end(present, at=now, actor=actor, reason=reason)
    _, verb = _VERBS[type(present)]
    entered(verb, present.subject, actor=actor, reason=reason, before=_terms(present))
    return present


def _terms(pause: Pause) -> dict[str, object]:
    return {
        "paused_by": pause.actor,
        "reason": pause.reason,
        "until": pause.until.isoformat() if pause.until else None,
    }


def _open(kept: PauseQuerySet[PauseT]) -> PauseT | None:
    """The pause that nobody ended, under the lock of all who change the pauses of its thing."""
    kept.order_by("pk").select_for_update().first()  # never deleted, so it can be the lock
    return kept.open().first()


def _end(present: Pause, *, at: datetime, actor: str, reason: str) -> None:
    present.ended_at, present.ended_by, present.ended_reason = at, actor, reason
    present.save(update_fields=["ended_at", "ended_by", "ended_reason"])


def _check(queue: str) -> None:
    if queue not in queue_names():
        raise UnknownQueue(queue=queue, allowed=", ".join(queue_names()))

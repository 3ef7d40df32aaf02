"""Stop a queue from being served, and let it be served again.

What runs goes on, and what is submitted waits. The rows are the truth: every worker reads them once
a second.
"""

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from jobs.broker.connection import queue_names
from jobs.domain.audit import Verb
from jobs.exceptions import InvalidOption, UnknownQueue
from jobs.models import QueuePause
from jobs.services.audit import entered


def pause(*, queue: str, actor: str, reason: str, until: datetime | None = None) -> QueuePause:
    """Pause a queue, for ever or until a moment, and give the pause that holds.

    Of a queue that is paused for the same reason until the same moment nothing changes; a pause
    that says anything else takes the place of the one before, which is kept as ended.

    Raises:
        UnknownQueue: there is no such queue.
        InvalidOption: there is no reason, or `until` is not to come.
    """
    _check(queue)
    if not reason.strip():
        raise InvalidOption(field="reason", given=reason, allowed="a text that says why")
    if until is not None and until <= timezone.now():
        raise InvalidOption(
            field="until", given=until.isoformat(), allowed="a moment in the future"
        )
    try:
        return _pause(queue, actor, reason, until)
    except IntegrityError:  # two met at the first pause ever of this queue: now there is a lock
        return _pause(queue, actor, reason, until)


@transaction.atomic
def resume(*, queue: str, actor: str, reason: str = "") -> QueuePause | None:
    """End a queue's pause, and give it as ended; None when the queue was not paused.

    Raises:
        UnknownQueue: there is no such queue.
    """
    _check(queue)
    now = timezone.now()
    present = _open(queue)
    if present is None or not present.holds(now):
        return None
    _end(present, at=now, actor=actor, reason=reason)
    entered(Verb.QUEUE_RESUME, queue, actor=actor, reason=reason, before=_terms(present))
    return present


@transaction.atomic
def _pause(queue: str, actor: str, reason: str, until: datetime | None) -> QueuePause:
    now = timezone.now()
    present, before = _open(queue), None
    if present is not None:
        if present.holds(now):
            before = _terms(present)
            if (present.reason, present.until) == (reason, until):
                return present
            _end(present, at=now, actor=actor, reason="paused anew")
        else:
            _end(present, at=present.until or now, actor="", reason="")
    made = QueuePause.objects.create(
        queue=queue, actor=actor, reason=reason, since=now, until=until
    )
    after = _terms(made)
    entered(Verb.QUEUE_PAUSE, queue, actor=actor, reason=reason, before=before, after=after)
    return made


def _terms(pause: QueuePause) -> dict[str, object]:
    return {
        "paused_by": pause.actor,
        "reason": pause.reason,
        "until": pause.until.isoformat() if pause.until else None,
    }


def _open(queue: str) -> QueuePause | None:
    """The queue's pause that nobody ended, under the lock of all who change its pauses."""
    pauses = QueuePause.objects.filter(queue=queue)
    pauses.order_by("pk").select_for_update().first()  # never deleted, so it can be the lock
    return pauses.open().first()


def _end(present: QueuePause, *, at: datetime, actor: str, reason: str) -> None:
    present.ended_at, present.ended_by, present.ended_reason = at, actor, reason
    present.save(update_fields=["ended_at", "ended_by", "ended_reason"])


def _check(queue: str) -> None:
    if queue not in queue_names():
        raise UnknownQueue(queue=queue, allowed=", ".join(queue_names()))

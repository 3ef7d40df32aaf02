"""Do what a caller asks for once, however often the request arrives."""

import hashlib
import json
from collections.abc import Callable
from typing import Any, cast

from django.db import transaction
from django.utils import timezone

from jobs.exceptions import IdempotencyKeyReused
from jobs.models import IdempotencyKey
from jobs.store.idempotency import take

Answer = dict[str, Any]


def once(*, key: str, caller: str, request: object, act: Callable[[], Answer]) -> Answer:
    """What `act` answers, or what it answered to the same request under this key before.

    `request` is the JSON value that was sent. The key and what `act` writes are one transaction: an
    `act` that raises leaves the key free. Of two calls at once the second waits for the first.

    Raises:
        IdempotencyKeyReused: the caller sent another request under this key.
    """
    fingerprint = _fingerprint(request)
    while True:
        with transaction.atomic():
            if take(caller=caller, key=key, fingerprint=fingerprint, now=timezone.now()):
                answer = act()
                IdempotencyKey.objects.filter(caller=caller, key=key).update(answer=answer)
                return answer
        known = IdempotencyKey.objects.filter(caller=caller, key=key).first()
        if known is not None:  # else it was forgotten this moment: the next round takes it
            break
    if known.fingerprint != fingerprint:
        raise IdempotencyKeyReused(key=key)
    return cast("Answer", known.answer)


def _fingerprint(request: object) -> str:
    """The same for requests that differ in nothing but spaces and the order of fields."""
    text = json.dumps(request, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()

"""The header `Idempotency-Key`."""

from collections.abc import Callable
from typing import Any

from rest_framework.request import Request

from jobs.api.authentication import actor_of
from jobs.api.problems import refuse
from jobs.services.idempotency import once

MOST_CHARACTERS = 255
HEADER = {
    "Idempotency-Key": {
        "type": "string",
        "minLength": 1,
        "maxLength": MOST_CHARACTERS,
        "description": (
            "A name of your own for this request. Sent again with the same body it is answered "
            "with the same tasks and writes none; with another body it is 409."
        ),
    }
}


def answered(request: Request, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `act` answers; under a key that was used before, what it answered then."""
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        return act()
    if not 0 < len(key) <= MOST_CHARACTERS or not key.isprintable():
        refuse("Idempotency-Key", f"must be 1 to {MOST_CHARACTERS} printable characters")
    return once(key=key, caller=actor_of(request), request=request.data, act=act)

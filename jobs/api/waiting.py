"""What outlasts a view: waiting for a task, and streams.

A thread that waited would answer nobody else. A server that can go on without one puts a `Turn`
into the scope of its requests; a view leaves its wish there, and is called again when it is
fulfilled. Other servers, WSGI's among them, say nothing, and a view waits by itself.
"""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest
from rest_framework.request import Request

#: Seconds that a call may wait.
MOST_SECONDS = 30
#: Where an ASGI scope's `extensions` have the `Turn`.
EXTENSION = "jobs.turn"


@dataclass(frozen=True, slots=True)
class Wait:
    """Call again when this task has ended, or after so many seconds."""

    task_id: UUID
    seconds: float


@dataclass(slots=True)
class Turn:
    """One call of a view by a server that can wait."""

    is_last: bool = False
    """It has waited already: now an answer is due."""
    wait: Wait | None = None
    """What the view wishes; what it returns is then thrown away."""


def turn_of(request: HttpRequest | Request) -> Turn | None:
    """The turn that this call is; None when the server cannot go on without a thread."""
    scope = getattr(request, "scope", None)
    turn = scope["extensions"].get(EXTENSION) if scope and scope.get("extensions") else None
    return turn if isinstance(turn, Turn) else None

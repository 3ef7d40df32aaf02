"""What is told to whom, and how a receiver knows that it is true, as data.

Signatures follow https://www.standardwebhooks.com.
"""

import base64
import hmac
import secrets
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from jobs.domain.retries import RetryPolicy
from jobs.domain.states import ENDED, State

#: The name of the task type that delivers: what becomes of its tasks is told to nobody, or each
#: delivery would be the cause of another.
RUNNER = "jobs.deliver_webhooks"
#: The states whose reaching can be told.
TOLD = ENDED | {State.RETRY}
#: The type of a message that only tries whether the receiver answers.
PING = "webhook.test"
#: What every secret begins with, so that people and secret scanners know one when they see it.
MARK = "whsec_"
#: Random bytes of a seed.
SEED_BYTES = 24
#: A receiver that fails is left alone, ever longer, and then asked with one message at a time.
PAUSES = RetryPolicy(first_seconds=1.0, factor=2.0, max_seconds=60.0)
#: How the waits between the tries of one message grow, and the longest.
RETRY_FACTOR = 3.0
LONGEST_RETRY_SECONDS = 6 * 3600.0


class DeliveryState(StrEnum):
    """How one message to one receiver stands."""

    WAITING = "waiting"
    """To be sent, or sent again, from `due_at` on."""
    DELIVERED = "delivered"
    """The receiver answered with a 2xx."""
    FAILED = "failed"
    """Given up; it can be sent again by hand."""


class Subscription(NamedTuple):
    """What one webhook wants; an empty set of names or tags means any."""

    states: frozenset[str]
    names: frozenset[str]
    tags: frozenset[str]

    def may_want(self, name: str, state: str) -> bool:
        """Whether an end of such a task is wanted, as far as its type and state tell."""
        return state in self.states and (not self.names or name in self.names)

    def wants(self, name: str, state: str, tags: Iterable[str]) -> bool:
        """Whether an end of such a task is wanted."""
        return self.may_want(name, state) and (not self.tags or not self.tags.isdisjoint(tags))


def message_type(state: str) -> str:
    """What a message says has happened, as in `task.success`."""
    return f"task.{state.lower()}"


def new_seed() -> str:
    """What is kept of a secret; by itself it signs nothing."""
    return secrets.token_hex(SEED_BYTES)


def secret_of(seed: str, *, site_key: bytes) -> bytes:
    """The secret: from its seed and the site's own key, so that the database does not hold it."""
    return hmac.digest(site_key, b"jobs.webhook:" + seed.encode(), "sha256")


def shown(secret: bytes) -> str:
    """A secret as receivers are told it, as in `whsec_…`."""
    return MARK + base64.b64encode(secret).decode()


def signature(secret: bytes, *, message_id: str, timestamp: int, body: bytes) -> str:
    """One signature of a message, as in `v1,…`; `timestamp` is in seconds since the epoch."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()

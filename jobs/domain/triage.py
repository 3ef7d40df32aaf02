"""What people decide about failures that have one cause: the states of a group, and the verbs."""

from enum import StrEnum
from types import MappingProxyType


class FailureStatus(StrEnum):
    """How a group of failures stands."""

    NEW = "new"
    """Nobody has looked at it."""
    ACKNOWLEDGED = "acknowledged"
    """Somebody knows of it."""
    MUTED = "muted"
    """Nobody wants to hear of it, however often it happens."""
    RESOLVED = "resolved"
    """Its cause is believed to be gone: the next failure makes it `regressed`."""
    REGRESSED = "regressed"
    """It happened again after it was resolved."""


#: What is still to be dealt with.
UNSETTLED = frozenset({FailureStatus.NEW, FailureStatus.ACKNOWLEDGED, FailureStatus.REGRESSED})


class Triage(StrEnum):
    """What somebody may say about a group."""

    ACKNOWLEDGE = "acknowledge"
    MUTE = "mute"
    RESOLVE = "resolve"
    REOPEN = "reopen"


#: The status that each verb gives, whatever it was before.
GIVES = MappingProxyType(
    {
        Triage.ACKNOWLEDGE: FailureStatus.ACKNOWLEDGED,
        Triage.MUTE: FailureStatus.MUTED,
        Triage.RESOLVE: FailureStatus.RESOLVED,
        Triage.REOPEN: FailureStatus.NEW,
    }
)

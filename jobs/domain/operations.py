"""Actions over many tasks as data: what each does to a task, and how an operation stands."""

from enum import StrEnum
from types import MappingProxyType

from jobs.domain.states import MOVES, Move, State


class Action(StrEnum):
    """What can be done to many tasks at once; each is the verb of that name for each of them."""

    REQUEUE = "requeue"
    CANCEL = "cancel"
    DISCARD = "discard"

    @property
    def permission(self) -> str:
        """The permission of the model Task that it asks for."""
        return f"{self.value}_task"


#: Which states the action may start from; tasks in others are left as they are. Of the failed,
#: those that were discarded before cannot be discarded.
SOURCES = MappingProxyType(
    {
        Action.REQUEUE: MOVES[Move.REQUEUE].sources,
        Action.CANCEL: MOVES[Move.CANCEL].sources | {State.STARTED},
        Action.DISCARD: frozenset({State.FAILURE}),
    }
)


class Result(StrEnum):
    """What became of one task of an operation."""

    DONE = "done"
    """It was changed."""
    ASKED = "asked"
    """It runs, and was asked to stop."""
    SKIPPED = "skipped"
    """It was left as it was: its state, or something else, refuses the action."""
    FAILED = "failed"
    """The database refused the change."""


class OperationState(StrEnum):
    """How an action over many tasks stands."""

    RUNNING = "running"
    """Its task works on it, or waits for a worker."""
    PAUSED = "paused"
    """Somebody stopped it for a while; it goes on from where it stands."""
    CANCELLED = "cancelled"
    """Somebody stopped it for good; what it had done stays done."""
    COMPLETED = "completed"
    """Every task of the filter was visited."""
    FAILED = "failed"
    """Its task was given up or cancelled; it can be resumed."""

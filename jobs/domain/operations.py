"""Actions over many tasks as data: what each does to a task, and how an operation stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from jobs.domain.states import ALL, MOVES, WAITING, Move, State
from jobs.exceptions import InvalidOption


class Action(StrEnum):
    """What can be done to many tasks at once; each is the verb of that name for each of them."""

    REQUEUE = "requeue"
    CANCEL = "cancel"
    DISCARD = "discard"
    RESTORE = "restore"
    RESCHEDULE = "reschedule"
    MOVE = "move"
    RERUN = "rerun"

    @property
    def permissions(self) -> tuple[str, ...]:
        """The permissions of the model Task that it asks for, all of them."""
        return _PERMISSIONS.get(self, (f"{self.value}_task",))


_PERMISSIONS = {
    Action.RESTORE: ("discard_task",),
    Action.RERUN: ("requeue_task", "submit_task"),
}
#: Which states the action may start from; tasks in others are left as they are. Of the failed,
#: those that were discarded before cannot be discarded, and only those be restored.
SOURCES = MappingProxyType(
    {
        Action.REQUEUE: MOVES[Move.REQUEUE].sources,
        Action.CANCEL: MOVES[Move.CANCEL].sources | {State.STARTED},
        Action.DISCARD: frozenset({State.FAILURE}),
        Action.RESTORE: frozenset({State.FAILURE}),
        Action.RESCHEDULE: WAITING,
        Action.MOVE: WAITING,
        Action.RERUN: ALL - {State.STARTED},
    }
)
#: What takes an action back, over the tasks to which it was done. A requeue is not among them: the
#: result, the error and the tries of the life before are gone. Nor is a cancel: who requeues what
#: was cancelled begins it anew.
INVERSES = MappingProxyType(
    {
        Action.DISCARD: Action.RESTORE,
        Action.RESTORE: Action.DISCARD,
        Action.MOVE: Action.MOVE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What an action is to be done with: each belongs to one of them."""

    queue: str | None = None
    """Of a move: where to."""
    run_after: datetime | None = None
    """Of a reschedule: when they may run; a moment that has come means at once."""
    kwargs: Mapping[str, Any] | None = None
    """Of a rerun: arguments that take the place of each task's own of these names."""

    def check(self, action: Action) -> None:
        """Raises InvalidOption: one that the action needs is missing, or one is not its own."""
        for field, (owner, needed, allowed) in _OWNERS.items():
            given = getattr(self, field)
            if given is not None and owner is not action:
                raise InvalidOption(
                    field=field, given=given, allowed=f"left out: it is for the action {owner}"
                )
            if given is None and owner is action and needed:
                raise InvalidOption(field=field, given=None, allowed=allowed)

    def as_json(self) -> dict[str, Any]:
        """Those that are given, as plain types."""
        words = {
            "queue": self.queue,
            "run_after": self.run_after.isoformat() if self.run_after else None,
            "kwargs": None if self.kwargs is None else dict(self.kwargs),
        }
        return {word: value for word, value in words.items() if value is not None}

    @classmethod
    def of_json(cls, given: Mapping[str, Any]) -> "Parameters":
        """What `as_json` told."""
        run_after = given.get("run_after")
        return cls(
            queue=given.get("queue"),
            run_after=datetime.fromisoformat(run_after) if run_after else None,
            kwargs=given.get("kwargs"),
        )


_OWNERS = {
    "queue": (Action.MOVE, True, "the name of a queue"),
    "run_after": (Action.RESCHEDULE, True, "a moment with its zone"),
    "kwargs": (Action.RERUN, False, "an object of arguments by name"),
}


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

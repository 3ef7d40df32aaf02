"""The life of a task as data: its states, and the moves between them.

Everything that guards, shows or tests a state is derived from `MOVES`: the SQL of the hot path,
the verbs in `services`, the lifecycle page of the docs and the table tests.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class State(StrEnum):
    """Where a task stands. One vocabulary for column, API, WebSocket, admin and docs."""

    SCHEDULED = "SCHEDULED"
    """Waits for `run_after`."""
    BLOCKED = "BLOCKED"
    """Waits for the tasks it depends on."""
    PENDING = "PENDING"
    """May run now; its ticket is, or will again be, in Redis."""
    STARTED = "STARTED"
    """Held by one worker under a lease."""
    RETRY = "RETRY"
    """Failed, and waits for its next attempt."""
    SUCCESS = "SUCCESS"
    """Ended well."""
    FAILURE = "FAILURE"
    """Ended badly: in the dead-letter queue until it is requeued or discarded."""
    REVOKED = "REVOKED"
    """Ended by a person, or by its expiry."""


#: Waits for its time, for other tasks or for a worker.
WAITING = frozenset({State.SCHEDULED, State.BLOCKED, State.PENDING, State.RETRY})
#: Will not change again by itself.
ENDED = frozenset({State.SUCCESS, State.FAILURE, State.REVOKED})
#: Not ended.
OPEN = WAITING | {State.STARTED}
ALL = OPEN | ENDED
#: The simpler words that some clients use, beside the states themselves.
STATE_WORDS = MappingProxyType(
    {
        "pending": WAITING,
        "processing": frozenset({State.STARTED}),
        "completed": frozenset({State.SUCCESS}),
        "failed": frozenset({State.FAILURE}),
        "cancelled": frozenset({State.REVOKED}),
    }
)


def states_of(word: str) -> frozenset[State]:
    """The states that a word means, whatever its case; ValueError says what is allowed.

    `pending` in small letters is the word, in capitals the state.
    """
    if word in STATE_WORDS:
        return STATE_WORDS[word]
    if word.upper() in State.__members__:
        return frozenset({State[word.upper()]})
    if word.lower() in STATE_WORDS:
        return STATE_WORDS[word.lower()]
    allowed = ", ".join([*State.__members__, *STATE_WORDS])
    raise ValueError(f"is no state: use one of {allowed}")


class Move(StrEnum):
    """What can happen to a task."""

    PROMOTE = "promote"
    UNBLOCK = "unblock"
    DEFER = "defer"
    BLOCK = "block"
    CLAIM = "claim"
    SUCCEED = "succeed"
    RETRY = "retry"
    FAIL = "fail"
    SNOOZE = "snooze"
    RELEASE = "release"
    STOP = "stop"
    CANCEL = "cancel"
    EXPIRE = "expire"
    REQUEUE = "requeue"
    POSTPONE = "postpone"


@dataclass(frozen=True, slots=True)
class Rule:
    """From which states a move may start, where it ends, who makes it."""

    sources: frozenset[State]
    target: State
    by: str


MOVES = MappingProxyType(
    {
        Move.PROMOTE: Rule(
            frozenset({State.SCHEDULED, State.RETRY}),
            State.PENDING,
            "maintenance, when run_after has come; an operator or the API before",
        ),
        Move.UNBLOCK: Rule(
            frozenset({State.BLOCKED}), State.PENDING, "the last dependency that ends well"
        ),
        Move.DEFER: Rule(
            frozenset({State.BLOCKED}),
            State.SCHEDULED,
            "the last dependency that ends well, when run_after is still to come",
        ),
        Move.BLOCK: Rule(
            frozenset({State.PENDING}),
            State.BLOCKED,
            "a requeue, at once, when a dependency has not succeeded",
        ),
        Move.CLAIM: Rule(
            frozenset({State.PENDING}), State.STARTED, "a worker's feeder; the fence rises"
        ),
        Move.SUCCEED: Rule(frozenset({State.STARTED}), State.SUCCESS, "the worker that holds it"),
        Move.RETRY: Rule(
            frozenset({State.STARTED}),
            State.RETRY,
            "the worker that holds it, or the reaper after its worker's death",
        ),
        Move.FAIL: Rule(
            frozenset({State.STARTED, State.BLOCKED}),
            State.FAILURE,
            "the worker that holds it, the reaper, or a dependency that failed",
        ),
        Move.SNOOZE: Rule(frozenset({State.STARTED}), State.SCHEDULED, "the task itself"),
        Move.RELEASE: Rule(
            frozenset({State.STARTED}),
            State.PENDING,
            "the worker that holds it: never begun, or cut short by its shutdown; no try is spent",
        ),
        Move.STOP: Rule(
            frozenset({State.STARTED}), State.REVOKED, "its worker, after a cancel request"
        ),
        Move.CANCEL: Rule(WAITING, State.REVOKED, "an operator or the API"),
        Move.EXPIRE: Rule(
            frozenset({State.PENDING}), State.REVOKED, "a worker's feeder, after expires_at"
        ),
        Move.REQUEUE: Rule(
            ENDED, State.PENDING, "an operator or the API; a new life, the history kept"
        ),
        Move.POSTPONE: Rule(
            frozenset({State.PENDING}), State.SCHEDULED, "an operator or the API, to a later moment"
        ),
    }
)


def allowed(move: Move, state: State) -> bool:
    """Whether a task in this state may make this move."""
    return state in MOVES[move].sources

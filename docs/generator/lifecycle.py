"""`docs/lifecycle.md`: states, moves, and what follows each end of an attempt."""

from docs.generator.markdown import code, page, table
from docs.generator.source import text_below
from jobs.conf import Conf
from jobs.domain.next_move import NextMove, after_death, after_exception
from jobs.domain.outcomes import (
    RESCUED,
    TRIED,
    Discard,
    Ending,
    Retry,
    Snooze,
    TaskStopped,
    TaskTimeout,
    ending_of,
)
from jobs.domain.retries import RetryPolicy
from jobs.domain.states import ENDED, MOVES, Move, State

#: Where a new task begins, and why.
BEGINNINGS = {
    State.PENDING: "enqueue",
    State.SCHEDULED: "enqueue, run_after to come",
    State.BLOCKED: "enqueue, depends_on not all succeeded",
}
#: Seconds that can be told apart from what a task asks for itself.
BACKOFF_SECONDS, OWN_SECONDS = 1111.0, 7.0
POLICY = RetryPolicy(first_seconds=BACKOFF_SECONDS, factor=1, jitter=0)
MAX_RETRIES = 3
RAISED: dict[str, BaseException] = {
    "raises any exception but those below": Exception(),
    "raises `Retry()`": Retry(),
    "raises `Retry(delay_seconds=…)`": Retry(delay_seconds=OWN_SECONDS),
    "raises `Snooze(seconds)`": Snooze(OWN_SECONDS),
    "raises `Discard()`": Discard(),
    "runs longer than `timeout_seconds`": TaskTimeout(),
    "is cancelled while it runs": TaskStopped(),
}

INTRODUCTION = """\
A task is a row, and its `state` is one of these. The words are the same in the column, the API,
the WebSockets, the admin and here; the table lives once, in `jobs/domain/states.py`."""

ABOUT_MOVES = """\
A task's state changes by these moves and no other. Each checks the state it starts from and changes
it in one transaction, so of two that meet one succeeds. `fence` rises with each claim and each
requeue; what a worker writes under an older fence is void."""

ABOUT_ATTEMPTS = """\
Each attempt that has begun and ended is a row of its own, which says how:"""

ABOUT_CONSEQUENCES = """\
What the task does after that, while it has retries left and when it has none. A try is spent only
where the third column says so; a requeue gives all of them back."""

ABOUT_EXCEPTIONS = """\
- A cancel that was asked for while the attempt ran wins over another run (`RETRY`, `SCHEDULED`),
  but never over an end.
- Arguments that the function's signature no longer accepts end the task as `FAILURE` at once:
  another try could do no better.
- An exception that the type's `retry_on`, `dont_retry_on` or `retry_if` rules out ends it as if no
  retries were left. A worker's death is counted apart: at the `POISON_LIMIT`-th the task is given
  up whatever retries are left.
- A worker that is told to stop lets its tasks finish for `DRAIN_SECONDS`. What has not ended by
  then is given back (`release`): no try is spent, no attempt is written, an event tells.
- A task of a type that a worker's release does not have is not claimed by that worker."""


def content() -> str:
    """The page."""
    return page(
        "The life of a task",
        INTRODUCTION,
        _diagram(),
        "## States",
        table(["state", "means", "leaves it by"], _states()),
        _unreached(),
        "## Moves",
        ABOUT_MOVES,
        table(["move", "from", "to", "made by"], _moves()),
        "## Attempts",
        ABOUT_ATTEMPTS,
        table(["outcome", "means"], ([code(one), text_below(Ending, one.name)] for one in Ending)),
        ABOUT_CONSEQUENCES,
        table(
            ["when the task …", "outcome", "spends", "retries left", "none left"], _consequences()
        ),
        ABOUT_EXCEPTIONS,
    )


def _in_order(states: frozenset[State]) -> list[State]:
    return [state for state in State if state in states]


def _reached() -> set[State]:
    """The states that a task can come into today."""
    reached = set(BEGINNINGS)
    while further := {rule.target for rule in MOVES.values() if rule.sources & reached} - reached:
        reached |= further
    return reached


def _unreached() -> str:
    reached = _reached()
    states = [code(state) for state in State if state not in reached]
    moves = [move for move, rule in MOVES.items() if not rule.sources & reached]
    if not states:
        return "A task can come into each of them."
    return f"Reserved, no task comes there yet: {', '.join([*states, *moves])}."


def _diagram() -> str:
    reached = _reached()
    arrows: dict[tuple[str, str], list[str]] = {}
    for state, how in BEGINNINGS.items():
        arrows[("[*]", state)] = [how]
    for move, rule in MOVES.items():
        for source in _in_order(rule.sources):
            if source in reached:
                arrows.setdefault((source, rule.target), []).append(move)
    lines = [f"    {a} --> {b}: {', '.join(names)}" for (a, b), names in arrows.items()]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def _states() -> list[list[str]]:
    rows = []
    for state in State:
        ways = [
            f"{move} → {code(rule.target)}" for move, rule in MOVES.items() if state in rule.sources
        ]
        mark = " (ended)" if state in ENDED else ""
        rows.append([code(state) + mark, text_below(State, state.name), "; ".join(ways)])
    return rows


def _moves() -> list[list[str]]:
    return [
        [move, ", ".join(map(code, _in_order(rule.sources))), code(rule.target), rule.by]
        for move, rule in MOVES.items()
    ]


def _consequences() -> list[list[str]]:
    rows = [
        ["returns", code(Ending.SUCCEEDED), _spends(Ending.SUCCEEDED)]
        + [_where(NextMove(Move.SUCCEED))] * 2
    ]
    for when, error in RAISED.items():
        left, none_left = (
            _where(after_exception(error, tries=tries, max_retries=MAX_RETRIES, policy=POLICY))
            for tries in (0, MAX_RETRIES)
        )
        ending = ending_of(error)
        rows.append([when, code(ending), _spends(ending), left, none_left])
    limit = Conf().poison_limit
    deaths = {
        "loses its process or worker, the first time": 0,
        "loses it again": 1,
        "loses it for the `POISON_LIMIT`-th time": limit - 1,
    }
    for when, rescues in deaths.items():
        where = _where(after_death(rescues=rescues, poison_limit=limit, policy=POLICY))
        outcomes = f"{code(Ending.CRASHED)} or {code(Ending.LOST)}"
        rows.append([when, outcomes, _spends(Ending.LOST), where, where])
    return rows


def _spends(ending: Ending) -> str:
    if ending in TRIED:
        return "a try"
    return "no try; deaths are counted apart" if ending in RESCUED else "nothing"


def _where(following: NextMove) -> str:
    target = MOVES[following.move].target
    if target in ENDED:
        return code(target)
    waits = {
        BACKOFF_SECONDS: "runs again after its back-off",
        OWN_SECONDS: "runs again after so many seconds",
        0.0: "runs again at once",
    }
    return f"{code(target)}, {waits[following.delay_seconds]}"

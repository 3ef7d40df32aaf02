"""Counts per minute, added by the transaction that ends the attempts they count."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.backends.utils import CursorWrapper

from jobs.domain.outcomes import Outcome
from jobs.domain.states import State
from jobs.store.claim import Expired
from jobs.store.dialect import is_postgresql, text_of

_MINUTE_SECONDS = 60
_COUNTS = ("succeeded", "retried", "failed", "revoked", "snoozed")
_COLUMN = {
    State.SUCCESS: "succeeded",
    State.RETRY: "retried",
    State.FAILURE: "failed",
    State.REVOKED: "revoked",
    State.SCHEDULED: "snoozed",
}
_SUMS = (*_COUNTS, "wait_seconds", "run_seconds")
_UPSERT = (
    f"INSERT INTO jobs_rollup (minute, queue, name, {', '.join(_SUMS)}) VALUES "  # noqa: S608
    "({moment}, %s, %s, " + ", ".join(["%s"] * len(_SUMS)) + ") "
    "ON CONFLICT (minute, queue, name) DO UPDATE SET "
    + ", ".join(f"{name} = jobs_rollup.{name} + excluded.{name}" for name in _SUMS)
)


def add(
    cursor: CursorWrapper,
    outcomes: Iterable[Outcome],
    states: dict[str, State],
    expired: Iterable[Expired],
    *,
    now: float,
) -> None:
    """Count the outcomes that `states` says were accepted, and the expired tasks.

    The keys are written in order, so that two workers never wait for each other in a ring; and it
    is the transaction's last statement, so that the rows' locks live only through the commit.
    """
    sums: dict[tuple[float, str, str], list[float]] = defaultdict(lambda: [0.0] * len(_SUMS))
    for outcome in outcomes:
        state = states.get(outcome.task_id)
        if state is None:
            continue
        minute = outcome.finished - outcome.finished % _MINUTE_SECONDS
        line = sums[minute, outcome.queue, outcome.name]
        line[_COUNTS.index(_COLUMN[state])] += 1
        line[-2] += max(0.0, outcome.started - outcome.queued)
        line[-1] += max(0.0, outcome.finished - outcome.started)
    for task in expired:
        line = sums[now - now % _MINUTE_SECONDS, task.queue, task.name]
        line[_COUNTS.index("revoked")] += 1
    sql = _UPSERT.format(moment="to_timestamp(%s)" if is_postgresql() else "%s")
    for (minute, queue, name), line in sorted(sums.items()):
        moment = minute if is_postgresql() else text_of(minute)
        cursor.execute(sql, [moment, queue, name, *map(int, line[:-2]), *line[-2:]])

"""End attempts: the task's move and the attempt's row, guarded by (id, fence, STARTED)."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from django.db.backends.utils import CursorWrapper

from jobs.domain.outcomes import RESCUED, TRIED, Outcome
from jobs.domain.states import MOVES, Move, State
from jobs.store import webhooks
from jobs.store.dialect import array, is_postgresql, key, task_id, text_array, text_of

# The claim has set `started_at`; from now on it is when the attempt began, as in the attempt's row.
# What the task becomes: a cancel that came while the attempt failed or snoozed wins over another
# run, but never over an end.
_NEXT = (
    "CASE WHEN t.cancel_requested_at IS NOT NULL AND r.state IN ('RETRY', 'SCHEDULED') "
    "THEN 'REVOKED' ELSE r.state END"
)
_ATTEMPT = (
    "task_id, number, fence, worker, release, queued_at, started_at, finished_at, outcome, "
    "exception, error, traceback, log"
)
_FAILED_ATTEMPT = f"{_ATTEMPT}, fingerprint"
# Most batches are all successes without a log: six arrays instead of a document of fifteen fields.
_SUCCESSES_POSTGRESQL = f"""
WITH r AS (
    SELECT * FROM unnest(%s::uuid[], %s::int[], %s::float8[], %s::float8[], %s::float8[],
                         %s::jsonb[]) AS r(id, fence, queued, started, finished, result)
), u AS (
    UPDATE jobs_task t SET state = 'SUCCESS', tries = t.tries + 1,
           attempt_count = t.attempt_count + 1, started_at = to_timestamp(r.started),
           finished_at = to_timestamp(r.finished),
           updated_at = to_timestamp(r.finished), result = r.result, error = ''
      FROM r WHERE t.id = r.id AND t.fence = r.fence AND t.state || '' = 'STARTED'
    RETURNING t.id, t.awaited, t.attempt_count, t.fence, t.worker, r.queued, r.started, r.finished
), a AS (
    INSERT INTO jobs_attempt ({_ATTEMPT})
    SELECT id, attempt_count, fence, worker, %s, to_timestamp(queued), to_timestamp(started),
           to_timestamp(finished), 'succeeded', '', '', '', '' FROM u
)
SELECT id::text, awaited FROM u
"""  # noqa: S608 - constants only
_POSTGRESQL = f"""
WITH r AS (
    SELECT * FROM jsonb_to_recordset(%s::jsonb)
        AS r(id uuid, fence int, state text, tried int, rescued int, queued float8,
             started float8, finished float8, run_after float8, ending text, result text,
             exception text, error text, traceback text, log text,
             failure text)
), u AS (
    UPDATE jobs_task t SET state = {_NEXT}, tries = t.tries + r.tried,
           rescues = t.rescues + r.rescued, attempt_count = t.attempt_count + 1,
           run_after = CASE WHEN r.run_after > 0 THEN to_timestamp(r.run_after)
                            ELSE t.run_after END,
           started_at = to_timestamp(r.started),
           finished_at = CASE WHEN {_NEXT} IN ('SUCCESS', 'FAILURE', 'REVOKED')
                              THEN to_timestamp(r.finished) END,
           updated_at = to_timestamp(r.finished), result = r.result::jsonb, error = r.error,
           failure = coalesce(r.failure, t.failure)
      FROM r WHERE t.id = r.id AND t.fence = r.fence AND t.state || '' = 'STARTED'
    RETURNING t.id, t.awaited, t.state, t.attempt_count, t.fence, t.worker, r.queued, r.started,
              r.finished, r.ending, r.exception, r.error, r.traceback, r.log, r.failure
), a AS (
    INSERT INTO jobs_attempt ({_FAILED_ATTEMPT})
    SELECT id, attempt_count, fence, worker, %s, to_timestamp(queued), to_timestamp(started),
           to_timestamp(finished), ending, exception, error, traceback, log, coalesce(failure, '')
      FROM u
)
SELECT id::text, awaited, state FROM u
"""  # noqa: S608
_FIELDS = (
    "id",
    "fence",
    "state",
    "tried",
    "rescued",
    "queued",
    "started",
    "finished",
    "run_after",
    "ending",
    "result",
    "exception",
    "error",
    "traceback",
    "log",
    "failure",
)
#: What need not be sent with a success that left no log.
_OF_SUCCESSES = {
    "state": "'SUCCESS'",
    "tried": "1",
    "rescued": "0",
    "run_after": "NULL",
    "ending": "'succeeded'",
    "exception": "''",
    "error": "''",
    "traceback": "''",
    "log": "''",
    "failure": "NULL",
}
_SENT_OF_SUCCESSES = [name for name in _FIELDS if name not in _OF_SUCCESSES]


def _columns_sqlite(sent: Sequence[str], constant: Mapping[str, str]) -> str:
    columns = [f"value->>{place} AS {name}" for place, name in enumerate(sent)]
    return ", ".join(columns + [f"{value} AS {name}" for name, value in constant.items()])


_ALL_SQLITE = _columns_sqlite(_FIELDS, {})
_SUCCESSES_SQLITE = _columns_sqlite(_SENT_OF_SUCCESSES, _OF_SUCCESSES)
# The attempt first: it reads the task's row as the guard sees it, the update then moves it.
_ATTEMPT_SQLITE = f"""
INSERT INTO jobs_attempt ({_FAILED_ATTEMPT})
SELECT t.id, t.attempt_count + 1, t.fence, t.worker, %s, r.queued, r.started, r.finished, r.ending,
       r.exception, r.error, r.traceback, r.log, coalesce(r.failure, '')
  FROM (SELECT {{columns}} FROM json_each(%s)) r
  JOIN jobs_task t ON t.id = r.id AND t.fence = r.fence AND t.state || '' = 'STARTED'
"""  # noqa: S608
_UPDATE_SQLITE = f"""
UPDATE jobs_task AS t SET state = {_NEXT}, tries = t.tries + r.tried,
       rescues = t.rescues + r.rescued, attempt_count = t.attempt_count + 1,
       run_after = coalesce(r.run_after, t.run_after), started_at = r.started,
       finished_at = CASE WHEN {_NEXT} IN ('SUCCESS', 'FAILURE', 'REVOKED') THEN r.finished END,
       updated_at = r.finished, result = r.result, error = r.error,
       failure = coalesce(r.failure, t.failure)
  FROM (SELECT {{columns}} FROM json_each(%s)) r
 WHERE t.id = r.id AND t.fence = r.fence AND t.state || '' = 'STARTED'
RETURNING id, awaited, state
"""  # noqa: S608


class Ended(NamedTuple):
    """What became of attempts, for those that were still ours to end.

    A missing one was fenced out: somebody took the task over, and its outcome is void.
    """

    states: dict[str, State]
    """The new state of each task."""
    awaited: list[str]
    """Those on which others depend."""


def finish(cursor: CursorWrapper, outcomes: Sequence[Outcome], *, release: str) -> Ended:
    """End these attempts, and write down for the webhooks what their tasks have reached."""
    ended = _finish(cursor, outcomes, release=release)
    webhooks.note(
        (
            (outcome.task_id, outcome.name, ended.states[outcome.task_id])
            for outcome in outcomes
            if outcome.task_id in ended.states
        ),
        webhooks.known_subscriptions(),
    )
    return ended


def _finish(cursor: CursorWrapper, outcomes: Sequence[Outcome], *, release: str) -> Ended:
    lean = all(outcome.move is Move.SUCCEED and not outcome.log for outcome in outcomes)
    if is_postgresql():
        if lean:
            cursor.execute(_SUCCESSES_POSTGRESQL, [*_success_arrays(outcomes), release])
        else:
            rows = [dict(zip(_FIELDS, _row(outcome), strict=True)) for outcome in outcomes]
            cursor.execute(_POSTGRESQL, [orjson.dumps(rows).decode(), release])
        return _ended(cursor.fetchall(), lean=lean)
    columns = _SUCCESSES_SQLITE if lean else _ALL_SQLITE
    one = _success_sqlite if lean else _row_sqlite
    sent = orjson.dumps([one(outcome) for outcome in outcomes]).decode()
    cursor.execute(_ATTEMPT_SQLITE.format(columns=columns), [release, sent])
    cursor.execute(_UPDATE_SQLITE.format(columns=columns), [sent])
    return _ended([(task_id(row[0]), *row[1:]) for row in cursor.fetchall()], lean=lean)


def _ended(rows: Sequence[tuple[Any, ...]], *, lean: bool) -> Ended:
    """From rows of id, `awaited` and, unless all have succeeded, the state."""
    states = {row[0]: State.SUCCESS if lean else State(row[2]) for row in rows}
    return Ended(states, [row[0] for row in rows if row[1]])


def _success_arrays(outcomes: Sequence[Outcome]) -> list[str]:
    return [
        array(outcome.task_id for outcome in outcomes),
        array(outcome.fence for outcome in outcomes),
        array(outcome.queued for outcome in outcomes),
        array(outcome.started for outcome in outcomes),
        array(outcome.finished for outcome in outcomes),
        text_array(outcome.result for outcome in outcomes),
    ]


def _row(outcome: Outcome) -> tuple[object, ...]:
    return (
        outcome.task_id,
        outcome.fence,
        MOVES[outcome.move].target.value,
        int(outcome.ending in TRIED),
        int(outcome.ending in RESCUED),
        outcome.queued,
        outcome.started,
        outcome.finished,
        outcome.run_after,
        outcome.ending.value,
        outcome.result,
        outcome.exception,
        outcome.error,
        outcome.traceback,
        outcome.log,
        outcome.failure.fingerprint if outcome.failure else None,
    )


def _row_sqlite(outcome: Outcome) -> tuple[object, ...]:
    row = _row(outcome)
    times = (outcome.queued, outcome.started, outcome.finished, outcome.run_after)
    moments = [text_of(moment) if moment else None for moment in times]
    return (key(outcome.task_id), *row[1:5], *moments, *row[9:])


def _success_sqlite(outcome: Outcome) -> tuple[object, ...]:
    """As `_SENT_OF_SUCCESSES`."""
    return (
        key(outcome.task_id),
        outcome.fence,
        text_of(outcome.queued),
        text_of(outcome.started),
        text_of(outcome.finished),
        outcome.result,
    )

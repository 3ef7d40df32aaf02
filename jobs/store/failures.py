"""Failures counted in their groups, by the transaction that records them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import orjson
from django.db.backends.utils import CursorWrapper

from jobs.domain.fingerprint import SLOT_SECONDS, FailureGroup
from jobs.domain.outcomes import Outcome
from jobs.domain.states import State
from jobs.store.dialect import is_postgresql, key, text_of

_COLUMNS = (
    "fingerprint",
    "name",
    "exception",
    "frame",
    "message",
    "last_task",
    "first_seen",
    "last_seen",
    "first_release",
    "last_release",
    "occurrence_count",
    "given_up_count",
    "status_at",
)
_POSTGRESQL_TYPES = (
    "(fingerprint text, name text, exception text, frame text, message text, last_task uuid, "
    "first_seen timestamptz, last_seen timestamptz, first_release text, last_release text, "
    "occurrence_count int, given_up_count int, status_at timestamptz)"
)
# The names in sorted order: two transactions that count in the same groups never wait in a ring.
_UPSERT = f"""
INSERT INTO jobs_failure AS f ({", ".join(_COLUMNS)})
SELECT {", ".join(_COLUMNS)} FROM {{given}} WHERE true ORDER BY fingerprint
ON CONFLICT (fingerprint) DO UPDATE SET
    message = excluded.message, last_task = excluded.last_task,
    last_seen = {{greatest}}(f.last_seen, excluded.last_seen),
    last_release = excluded.last_release,
    occurrence_count = f.occurrence_count + excluded.occurrence_count,
    given_up_count = f.given_up_count + excluded.given_up_count
RETURNING fingerprint, status = 'resolved' AND last_seen > status_at
"""  # noqa: S608 - constants only
_COUNT = """
INSERT INTO jobs_failurecount AS f (fingerprint, slot, count)
SELECT fingerprint, slot, count FROM {given} WHERE true ORDER BY fingerprint, slot
ON CONFLICT (fingerprint, slot) DO UPDATE SET count = f.count + excluded.count
"""
_REGRESS = """
UPDATE jobs_failure SET status = 'regressed', status_at = last_seen WHERE fingerprint = %s
"""
_TELL = """
INSERT INTO jobs_failurechange (failure_id, change, actor, reason, at)
SELECT fingerprint, status, '', %s, status_at FROM jobs_failure WHERE fingerprint = %s
"""


def _from_json(columns: Sequence[str]) -> str:
    fields = ", ".join(f"value->>{place} AS {name}" for place, name in enumerate(columns))
    return f"(SELECT {fields} FROM json_each(%s))"  # noqa: S608 - constants only


_UPSERT_POSTGRESQL = _UPSERT.format(
    given=f"jsonb_to_recordset(%s::jsonb) AS r{_POSTGRESQL_TYPES}", greatest="greatest"
)
_UPSERT_SQLITE = _UPSERT.format(given=_from_json(_COLUMNS), greatest="max")
_COUNT_COLUMNS = ("fingerprint", "slot", "count")
_COUNT_POSTGRESQL = _COUNT.format(
    given="jsonb_to_recordset(%s::jsonb) AS r(fingerprint text, slot int, count int)"
)
_COUNT_SQLITE = _COUNT.format(given=_from_json(_COUNT_COLUMNS))


class Failed(NamedTuple):
    """One failure to be counted; `at` is epoch seconds, `is_final` that its task was given up."""

    group: FailureGroup
    task_id: str
    at: float
    message: str
    release: str
    is_final: bool


def of_attempts(
    outcomes: Iterable[Outcome], states: Mapping[str, State], *, release: str
) -> list[Failed]:
    """The failures among attempts, of those that `states` says were accepted."""
    return [
        Failed(
            outcome.failure,
            outcome.task_id,
            outcome.finished,
            outcome.error,
            release,
            states[outcome.task_id] is State.FAILURE,
        )
        for outcome in outcomes
        if outcome.failure is not None and outcome.task_id in states
    ]


def add(cursor: CursorWrapper, failures: Sequence[Failed]) -> None:
    """Count failures in their groups, and make the groups that are new.

    To be among the last statements of the transaction that records them, so that the rows' locks
    live only through the commit; without failures it costs nothing.
    """
    if not failures:
        return
    groups: dict[str, list[Failed]] = {}
    slots: Counter[tuple[str, int]] = Counter()
    for failed in failures:
        fingerprint = failed.group.fingerprint
        groups.setdefault(fingerprint, []).append(failed)
        slots[fingerprint, int(failed.at // SLOT_SECONDS)] += 1
    lines = [_line(fingerprint, groups[fingerprint]) for fingerprint in sorted(groups)]
    counts = [(*place, count) for place, count in sorted(slots.items())]
    if is_postgresql():
        cursor.execute(_UPSERT_POSTGRESQL, [_objects(_COLUMNS, lines)])
    else:
        cursor.execute(_UPSERT_SQLITE, [orjson.dumps(lines).decode()])
    # Not what failed before somebody said that the cause is gone, and is recorded only now.
    regressed = [fingerprint for fingerprint, is_back in cursor.fetchall() if is_back]
    if is_postgresql():
        cursor.execute(_COUNT_POSTGRESQL, [_objects(_COUNT_COLUMNS, counts)])
    else:
        cursor.execute(_COUNT_SQLITE, [orjson.dumps(counts).decode()])
    for fingerprint in regressed:
        release = groups[fingerprint][-1].release
        why = f"it happened again, in release {release}" if release else "it happened again"
        cursor.execute(_REGRESS, [fingerprint])
        cursor.execute(_TELL, [why, fingerprint])


def _line(fingerprint: str, failures: Sequence[Failed]) -> tuple[object, ...]:
    """As `_COLUMNS`."""
    first = min(failures, key=lambda failed: failed.at)
    last = max(failures, key=lambda failed: failed.at)
    began, ended = text_of(first.at), text_of(last.at)
    if is_postgresql():
        began, ended = f"{began}+00", f"{ended}+00"
    return (
        fingerprint,
        *last.group,
        last.message,
        last.task_id if is_postgresql() else key(last.task_id),
        began,
        ended,
        first.release,
        last.release,
        len(failures),
        sum(failed.is_final for failed in failures),
        began,
    )


def _objects(columns: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    return orjson.dumps([dict(zip(columns, line, strict=True)) for line in lines]).decode()

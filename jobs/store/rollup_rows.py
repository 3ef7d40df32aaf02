"""Counts added to one row of the rollups, whether it is there or not."""

import json
from collections.abc import Sequence
from typing import Any

from django.db.backends.utils import CursorWrapper

from jobs.domain.periods import Period
from jobs.store.dialect import array, is_postgresql, text_of

COUNTS = (
    *("succeeded", "retried", "failed", "revoked", "snoozed"),
    *("timed_out", "worker_died"),
)
SUMS = (*COUNTS, "wait_seconds", "run_seconds")
HISTOGRAMS = ("wait_histogram", "run_histogram")
COLUMNS = (*SUMS, *HISTOGRAMS)

_ADDED_POSTGRESQL = """{name} = coalesce((
    SELECT array_agg(coalesce(a, 0) + coalesce(b, 0) ORDER BY place)
      FROM unnest(jobs_rollup.{name}, excluded.{name}) WITH ORDINALITY AS _(a, b, place)
), '{{}}')"""
_ADDED_SQLITE = """{name} = (
    SELECT json_group_array(count) FROM (
        SELECT sum(value) AS count FROM (
            SELECT key, value FROM json_each(jobs_rollup.{name}) UNION ALL
            SELECT key, value FROM json_each(excluded.{name}))
         GROUP BY key ORDER BY key))"""


def _upsert(*, moment: str, histogram: str, added: str) -> str:
    places = ["%s"] * len(SUMS) + [histogram] * len(HISTOGRAMS)
    changes = [f"{name} = jobs_rollup.{name} + excluded.{name}" for name in SUMS]
    changes += [added.format(name=name) for name in HISTOGRAMS]
    return (
        f"INSERT INTO jobs_rollup (period, at, queue, name, {', '.join(COLUMNS)}) "  # noqa: S608
        f"VALUES (%s, {moment}, %s, %s, {', '.join(places)}) "
        f"ON CONFLICT (period, queue, name, at) DO UPDATE SET {', '.join(changes)}"
    )


_POSTGRESQL = _upsert(moment="to_timestamp(%s)", histogram="%s::bigint[]", added=_ADDED_POSTGRESQL)
_SQLITE = _upsert(moment="%s", histogram="%s", added=_ADDED_SQLITE)


def add_row(
    cursor: CursorWrapper,
    period: Period,
    at: float,
    queue: str,
    name: str,
    values: Sequence[Any],
) -> None:
    """Add values, as `COLUMNS`, to the row of a period that begins at an epoch second."""
    sums, histograms = values[: len(SUMS)], values[len(SUMS) :]
    if is_postgresql():
        given = [period.value, at, queue, name, *sums, *map(array, histograms)]
        cursor.execute(_POSTGRESQL, given)
    else:
        given = [period.value, text_of(at), queue, name, *sums, *map(json.dumps, histograms)]
        cursor.execute(_SQLITE, given)

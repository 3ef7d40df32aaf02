"""How many tasks of each group of failures still stand, counted no further than anybody reads."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import orjson
from django.db import connection

from jobs.domain.states import OPEN, State
from jobs.store.dialect import array, is_postgresql

#: Beyond this, there are "more than".
MOST_COUNTED = 1000
# In the index's order, so that no database walks the whole table in the hope of meeting them soon.
_CAPPED = """(
    SELECT count(*) FROM (
        SELECT 1 FROM jobs_task t
         WHERE t.failure = given.fingerprint AND t.discarded_at IS NULL AND t.state = '{state}'
         ORDER BY t.id LIMIT {most}) AS capped)"""


def _capped(states: Iterable[State]) -> str:
    most = MOST_COUNTED + 1
    return " + ".join(_CAPPED.format(state=state, most=most) for state in sorted(states))


_COUNT = (
    f"SELECT given.fingerprint, {_capped([State.FAILURE])}, {_capped(OPEN)} "  # noqa: S608
    "FROM {given}"
)
_POSTGRESQL = _COUNT.format(given="unnest(%s::text[]) AS given(fingerprint)")
_SQLITE = _COUNT.format(given="(SELECT value AS fingerprint FROM json_each(%s)) AS given")


class Standing(NamedTuple):
    """Tasks whose last failure is of a group, in each state up to `MOST_COUNTED` and one more.

    `dead` were given up and not discarded since; `retried` wait for another attempt, or run it.
    """

    dead: int
    retried: int


def standing(fingerprints: Sequence[str]) -> dict[str, Standing]:
    """The numbers of each of the groups, in one statement."""
    if not fingerprints:
        return {}
    with connection.cursor() as cursor:
        if is_postgresql():
            cursor.execute(_POSTGRESQL, [array(fingerprints)])
        else:
            cursor.execute(_SQLITE, [orjson.dumps(list(fingerprints)).decode()])
        return {fingerprint: Standing(*counts) for fingerprint, *counts in cursor.fetchall()}

"""The tasks that one is related to, in one statement."""

from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from jobs.store.dialect import is_postgresql

#: Of the tasks that it runs again, so many generations; of each other kind, so many tasks.
MOST_GENERATIONS = 10
MOST_RELATIVES = 50


class Kinship(StrEnum):
    """What another task is to this one."""

    ANCESTOR = "ancestor"
    RERUN = "rerun"
    DEPENDENCY = "dependency"
    DEPENDANT = "dependant"


class Relative(NamedTuple):
    """Another task; without name and state when retention has deleted it."""

    kinship: Kinship
    id: UUID
    name: str | None
    state: str | None


_STATEMENT = f"""
WITH RECURSIVE up(id, generation) AS (
    SELECT parent, 1 FROM jobs_task WHERE id = %s AND parent IS NOT NULL
    UNION ALL
    SELECT t.parent, up.generation + 1 FROM up JOIN jobs_task AS t ON t.id = up.id
     WHERE t.parent IS NOT NULL AND up.generation < {MOST_GENERATIONS}),
kin(kinship, place, id) AS (
    SELECT '{Kinship.ANCESTOR}', generation, id FROM up
    UNION ALL
    SELECT '{Kinship.RERUN}', 0, id FROM (
        SELECT id FROM jobs_task WHERE parent = %s ORDER BY id DESC LIMIT {MOST_RELATIVES}) AS again
    UNION ALL
    SELECT '{Kinship.DEPENDENCY}', id, depends_on_id FROM (
        SELECT id, depends_on_id FROM jobs_dependency WHERE task_id = %s
         ORDER BY id LIMIT {MOST_RELATIVES}) AS needed
    UNION ALL
    SELECT '{Kinship.DEPENDANT}', 0, task_id FROM (
        SELECT task_id FROM jobs_dependency WHERE depends_on_id = %s AND NOT settled
         LIMIT {MOST_RELATIVES}) AS waiting)
SELECT kin.kinship, kin.id, t.name, t.state FROM kin LEFT JOIN jobs_task AS t ON t.id = kin.id
 ORDER BY kin.kinship, kin.place, kin.id DESC
"""  # noqa: S608 - constants


def read_relatives(task_id: UUID) -> list[Relative]:
    """The nearest ancestor first, the newest rerun first, dependencies in the order given.

    Dependants are those that still wait.
    """
    given = task_id if is_postgresql() else task_id.hex
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENT, [given] * 4)
        return [
            Relative(Kinship(kinship), pk if isinstance(pk, UUID) else UUID(pk), name, state)
            for kinship, pk, name, state in cursor.fetchall()
        ]

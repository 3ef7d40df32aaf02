"""The one way to delete what is kept of operators' deeds.

The triggers of migration 0003 let an entry go only when the same transaction has said up to which
moment entries are erased, by a row in `jobs_auditerasure`. That row is never committed, so nobody
else's transaction sees it.
"""

from datetime import datetime

from django.db import connection, transaction

from jobs.domain.task_ids import first_id
from jobs.store.dialect import is_postgresql, key, text

_IS_ANY_OLD = "SELECT 1 FROM jobs_auditentry WHERE id < %s LIMIT 1"
_SAY = "INSERT INTO jobs_auditerasure (before) VALUES (%s)"
_ERASE = """
DELETE FROM jobs_auditentry
WHERE id IN (SELECT id FROM jobs_auditentry WHERE id < %s AND at < %s ORDER BY id LIMIT %s)
"""
_UNSAY = "DELETE FROM jobs_auditerasure"


def erase(*, before: datetime, limit: int) -> int:
    """Delete entries of before a moment, the oldest first, at most so many; gives how many."""
    last = str(first_id(before))
    with connection.cursor() as cursor:
        cursor.execute(_IS_ANY_OLD, [last if is_postgresql() else key(last)])
        if cursor.fetchone() is None:
            return 0
    return _erase(last, before, limit)


@transaction.atomic
def _erase(last: str, before: datetime, limit: int) -> int:
    bounds = (last, before) if is_postgresql() else (key(last), text(before))
    with connection.cursor() as cursor:
        cursor.execute(_SAY, bounds[1:])
        cursor.execute(_ERASE, (*bounds, limit))
        count = cursor.rowcount
        cursor.execute(_UNSAY)
    return int(count)

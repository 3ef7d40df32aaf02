"""Taking a key: its unique constraint decides between two that come at once."""

from datetime import datetime

from django.db import connection

from jobs.store.dialect import is_postgresql, text

_TAKE = """
INSERT INTO jobs_idempotencykey (caller, key, fingerprint, created_at) VALUES (%s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""


def take(*, caller: str, key: str, fingerprint: str, now: datetime) -> bool:
    """Write the key, or give False: it is there. Waits for a transaction that is writing it."""
    with connection.cursor() as cursor:
        moment = now if is_postgresql() else text(now)
        cursor.execute(_TAKE, [caller, key, fingerprint, moment])
        return bool(cursor.rowcount == 1)

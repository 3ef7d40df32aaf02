"""Django's `flush`, as test cases call it after each test that commits, in a tenth of its time.

Django's empties all tables, which PostgreSQL does by new files for each, and then makes the same
permissions anew. Most tests leave a few rows in a few tables: those are deleted.
"""

from typing import Any

from django.core.management.commands import flush
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

#: What migrating fills; how it stood after the last whole flush.
MADE_BY_MIGRATING = ("django_content_type", "auth_permission")
#: PostgreSQL keeps what it has counted, by which the next test's queries would be planned.
ANALYSED = "SELECT 1 FROM pg_class WHERE relname = ANY(%s) AND reltuples >= 0 LIMIT 1"
_made: dict[str, list[Any]] = {}
#: Where a test has written more rows, emptying costs less than deleting.
MOST_ROWS = 500


class Command(flush.Command):
    """As above; what cannot be done so quickly is left to Django."""

    def handle(self, **options: Any) -> None:
        """Leave what a whole flush would leave."""
        connection = connections[options["database"]]
        if connection.alias in _made and _made[connection.alias] == _as_made(connection):
            introspection = connection.introspection
            tables = introspection.django_table_names(only_existing=True, include_views=False)
            if _deleted(connection, sorted({*tables} - {*MADE_BY_MIGRATING})):
                return
        super().handle(**options)
        _made[connection.alias] = _as_made(connection)


def _as_made(connection: BaseDatabaseWrapper) -> list[Any]:
    with connection.cursor() as cursor:
        return [_rows(cursor, f"SELECT * FROM {name} ORDER BY id") for name in MADE_BY_MIGRATING]


def _deleted(connection: BaseDatabaseWrapper, tables: list[str]) -> bool:
    """Delete every row of the tables; False, and nothing is done, where that is not enough."""
    names = [connection.ops.quote_name(table) for table in tables]
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(ANALYSED, [tables])
            if cursor.fetchone() is not None:
                return False
        counts = " UNION ALL ".join(
            f"SELECT '{name}', (SELECT count(*) FROM (SELECT 1 FROM {name} LIMIT {MOST_ROWS}) t)"
            for name in names
        )
        found = dict(_rows(cursor, counts))
        if max(found.values()) == MOST_ROWS:
            return False
        for name in filter(found.get, names):
            cursor.execute(f"DELETE FROM {name}")
    return True


def _rows(cursor: CursorWrapper, query: str) -> list[Any]:
    cursor.execute(query)
    return cursor.fetchall()

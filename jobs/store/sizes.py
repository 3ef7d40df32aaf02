"""How large the tables are, as the database knows without counting."""

from collections.abc import Sequence
from typing import NamedTuple

from django.db import connection

from jobs.store.dialect import is_postgresql

_POSTGRESQL = """
SELECT relname, CASE WHEN reltuples >= 0 THEN reltuples::bigint END,
       pg_table_size(oid), pg_indexes_size(oid)
  FROM pg_class WHERE relkind = 'r' AND relname = ANY(%s) AND pg_table_is_visible(oid)
 UNION ALL
SELECT '', NULL, pg_database_size(current_database()), NULL
"""
_SQLITE = """
SELECT '{table}', (SELECT coalesce(max(rowid), 0) FROM {table}), NULL, NULL
"""
_SQLITE_WHOLE = """
SELECT '', NULL, page_count * page_size, NULL FROM pragma_page_count(), pragma_page_size()
"""


class TableSize(NamedTuple):
    """One table; sizes are bytes. None is what this database does not tell.

    `row_estimate` is that of PostgreSQL's last ANALYZE, on SQLite the highest row number: it counts
    deleted rows too.
    """

    name: str
    row_estimate: int | None
    table_bytes: int | None
    index_bytes: int | None


def sizes(tables: Sequence[str]) -> tuple[int, list[TableSize]]:
    """The bytes of the whole database, and of each of its tables; one statement, no count."""
    with connection.cursor() as cursor:
        if is_postgresql():
            cursor.execute(_POSTGRESQL, [list(tables)])
        else:
            parts = [_SQLITE.format(table=connection.ops.quote_name(table)) for table in tables]
            cursor.execute(" UNION ALL ".join([*parts, _SQLITE_WHOLE]))
        rows = [TableSize(row[0].strip('"'), *row[1:]) for row in cursor.fetchall()]
    whole = next(row.table_bytes or 0 for row in rows if not row.name)
    return whole, sorted(row for row in rows if row.name)

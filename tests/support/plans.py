"""How the database goes about a query."""

from collections.abc import Callable

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext


def plan_of(read: Callable[[], object]) -> str:
    """The plan of a call's last query; on PostgreSQL no scan of a whole table is allowed."""
    with CaptureQueriesContext(connection) as queries:
        read()
    *_, query = queries
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("EXPLAIN " + query["sql"])
        else:
            cursor.execute("EXPLAIN QUERY PLAN " + query["sql"])
        return "\n".join(str(row) for row in cursor.fetchall())

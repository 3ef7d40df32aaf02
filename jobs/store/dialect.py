"""How the two databases differ in what the statements of this package need."""

from datetime import UTC, datetime
from uuid import UUID

from django.db import connection

#: For the feeder's own connection. With ids in an array the planner otherwise prefers joins, and
#: the tiny-looking partial indexes full of dead entries, to the primary key: 8,000 instead of
#: 50,000 tasks/s by luck of the statistics.
POSTGRESQL_PLAN = "SET enable_seqscan=off; SET enable_hashjoin=off; SET enable_mergejoin=off"


def is_postgresql() -> bool:
    """Whether the default database is PostgreSQL (else it is SQLite)."""
    return connection.vendor == "postgresql"


def key(task_id: str) -> str:
    """A task's id as SQLite stores it: 32 hexadecimal digits."""
    return task_id.replace("-", "")


def task_id(key: str) -> str:
    """The id with its dashes, from SQLite's 32 digits."""
    return f"{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:]}"


def text(moment: datetime | None) -> str | None:
    """A moment as SQLite stores it: UTC, microseconds always written, so that text compares."""
    return None if moment is None else _isoformat(moment.astimezone(UTC))


def text_of(epoch_seconds: float) -> str:
    """Seconds since the epoch as SQLite stores a moment."""
    return _isoformat(datetime.fromtimestamp(epoch_seconds, UTC))


def _isoformat(moment: datetime) -> str:
    # without the zone at the end; strftime would take ten times as long
    return moment.isoformat(" ", "microseconds")[:26]


def epoch_seconds(stored: str) -> float:
    """SQLite's stored moment as seconds since the epoch."""
    return datetime.fromisoformat(stored).replace(tzinfo=UTC).timestamp()


def canonical(task_id: UUID | str) -> str:
    """An id as text with dashes, whatever form it came in; ValueError when it is no UUID."""
    return str(task_id if isinstance(task_id, UUID) else UUID(task_id))

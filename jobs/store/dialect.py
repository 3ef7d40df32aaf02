"""How the two databases differ in what the statements of this package need."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
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


def array(values: Iterable[object]) -> str:
    """PostgreSQL's literal of an array of numbers or ids: the driver's own takes ten times as long.

    None becomes NULL.
    """
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def text_array(values: Iterable[str | None]) -> str:
    """The same for texts."""
    return "{" + ",".join(["NULL" if value is None else _quoted(value) for value in values]) + "}"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def text(moment: datetime | None) -> str | None:
    """A moment as SQLite stores it: UTC, microseconds always written, so that text compares."""
    if moment is None:
        return None
    # without the zone at the end; strftime would take ten times as long
    return moment.astimezone(UTC).isoformat(" ", "microseconds")[:26]


def text_of(epoch_seconds: float) -> str:
    """Seconds since the epoch as SQLite stores a moment."""
    second, microsecond = divmod(round(epoch_seconds * 1_000_000), 1_000_000)
    return f"{_second_as_text(second)}.{microsecond:06d}"


def epoch_seconds(stored: str) -> float:
    """SQLite's stored moment as seconds since the epoch."""
    return _second_of_text(stored[:19]) + int(stored[20:26].ljust(6, "0")) / 1_000_000


# A batch's moments lie in a few seconds; its feeder would spend a fifth of its time on these.
@lru_cache(256)
def _second_as_text(epoch_seconds: int) -> str:
    return datetime.fromtimestamp(epoch_seconds, UTC).strftime("%F %T")


@lru_cache(256)
def _second_of_text(stored: str) -> float:
    return datetime.fromisoformat(stored).replace(tzinfo=UTC).timestamp()


def canonical(task_id: UUID | str) -> str:
    """An id as text with dashes, whatever form it came in; ValueError when it is no UUID."""
    return str(task_id if isinstance(task_id, UUID) else UUID(task_id))

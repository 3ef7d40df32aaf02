"""A task's id is a UUIDv7: it begins with the milliseconds of its creation."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
#: The bits of a UUIDv7 below its milliseconds.
_LOW_BITS = 80


def first_id(moment: datetime) -> UUID:
    """The smallest UUIDv7 of a moment's millisecond."""
    return UUID(int=max(0, (moment - _EPOCH) // _MILLISECOND) << _LOW_BITS)


def read_id(text: str) -> UUID | None:
    """The UUID that a text spells, or None."""
    try:
        return UUID(text)
    except ValueError:
        return None


def moment_of(task_id: UUID) -> datetime:
    """The millisecond in which a UUIDv7 was made."""
    return _EPOCH + (task_id.int >> _LOW_BITS) * _MILLISECOND

"""Dates and times as callers write them."""

from datetime import UTC, datetime

EXAMPLE = "2030-01-31T12:00:00Z"


def moment(given: object) -> datetime:
    """A text such as `2030-01-31T12:00:00+01:00`, in UTC; ValueError says what is allowed."""
    if isinstance(given, str):
        try:
            parsed = datetime.fromisoformat(given)
            if parsed.tzinfo is not None:
                return parsed.astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise ValueError(f"must be a date and time with a time zone, such as {EXAMPLE}")

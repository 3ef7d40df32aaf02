"""The values of a search: ids, lengths of time, days and moments. A ValueError says what fits."""

import re
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from jobs.domain.fingerprint import FINGERPRINT

_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)(ms|s|m|h|d|w)")
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
#: A hundred years, in seconds.
_LONGEST_SECONDS = 100 * 365 * 86_400
_DAY = timedelta(days=1)
_MILLISECOND = timedelta(milliseconds=1)
_HEXADECIMAL = frozenset("0123456789abcdef")
_SHORTEST_ID = 8


def ids_between(given: str) -> tuple[UUID, UUID] | None:
    """The first and the last id that this id, ticket (`task-…`) or beginning of an id stands for.

    A beginning has 8 digits or more; None for anything else.
    """
    digits = given.removeprefix("task-").replace("-", "").lower()
    if not _SHORTEST_ID <= len(digits) <= 32 or not _HEXADECIMAL.issuperset(digits):
        return None
    return UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))


def fingerprint_of(given: str) -> str:
    """The fingerprint of failures, which is that very text."""
    if not FINGERPRINT.fullmatch(given):
        raise ValueError("is no fingerprint: its 16 hexadecimal digits stand on the failures' page")
    return given


def seconds_of(given: str) -> float:
    """A length of time such as `30s`, `1.5h` or `2d`, in seconds."""
    found = _DURATION.fullmatch(given)
    seconds = float(found[1]) * _UNITS[found[2]] if found else None
    if seconds is None or seconds > _LONGEST_SECONDS:
        raise ValueError(
            "is no length of time: write a number with ms, s, m, h, d or w, as in 10m or 1.5h, "
            "of at most 100 years"
        )
    return seconds


def span_of(given: str, sign: str) -> tuple[datetime | None, datetime | None]:
    """From which moment on, and before which, lies what compares so with a day or a moment.

    A day begins and ends at midnight UTC; a moment is a millisecond long, and in UTC unless it
    names a zone. None: no bound.
    """
    start, end = _span(given)
    match sign:
        case ">":
            return end, None
        case ">=":
            return start, None
        case "<":
            return None, start
        case "<=":
            return None, end
    return start, end


def _span(given: str) -> tuple[datetime, datetime]:
    try:
        if len(given) == len("2026-01-31"):
            start = datetime.combine(date.fromisoformat(given), time(), UTC)
            return start, start + _DAY
        moment = datetime.fromisoformat(given)
        start = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        start = start.replace(microsecond=start.microsecond // 1000 * 1000)
        return start, start + _MILLISECOND
    except (ValueError, OverflowError):
        raise ValueError(
            "is no day or moment: write it as 2026-01-31, 2026-01-31T12:00 (UTC) or "
            "2026-01-31T12:00:00+01:00"
        ) from None

"""Durations and moments as people read them, the same at every door."""

from dataclasses import dataclass
from datetime import UTC, datetime

_UNITS = ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s"))


def duration(seconds: float) -> str:
    """Seconds in the two units a reader wants: `340 ms`, `1.2 s`, `3 min 5 s`, `2 d 4 h`."""
    if seconds < 1:
        return f"{max(0.0, seconds) * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < 10 else _whole(int(seconds))


def relative(at: datetime, *, now: datetime) -> str:
    """How far a moment is from now, in whole seconds or coarser: `3 min 5 s ago`, `in 12 s`."""
    seconds = (at - now).total_seconds()
    size = _whole(max(1, int(abs(seconds))))
    return f"in {size}" if seconds > 0 else f"{size} ago"


def in_utc(at: datetime) -> str:
    """A date and time with its zone: `2026-01-31 12:00:00 UTC`."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def counted(count: int, noun: str) -> str:
    """A count with its noun: `1 task`, `3 tasks`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment as a sentence tells it: `2026-01-31 12:00:00 UTC (in 12 s)`."""

    at: datetime
    now: datetime

    def __str__(self) -> str:
        return f"{in_utc(self.at)} ({relative(self.at, now=self.now)})"


def _whole(seconds: int) -> str:
    for size, unit, small_size, small_unit in _UNITS:
        if seconds >= size:
            rest = seconds % size // small_size
            return f"{seconds // size} {unit}" + (f" {rest} {small_unit}" if rest else "")
    return f"{seconds} s"

"""How far back charts look, and in which steps."""

from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from jobs.domain.periods import MINUTE, Period, floor

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


class Span(StrEnum):
    """A stretch of time that ends with the present step."""

    MINUTES_15 = "15m"
    HOUR_1 = "1h"
    HOURS_6 = "6h"
    HOURS_24 = "24h"
    DAYS_7 = "7d"
    DAYS_30 = "30d"
    DAYS_90 = "90d"

    @property
    def step(self) -> timedelta:
        """How much time one point stands for."""
        return _SHAPES[self][1]

    @property
    def period(self) -> Period:
        """Of which period the counts are that its steps are made of."""
        return _SHAPES[self][2]

    def starts(self, now: datetime) -> list[datetime]:
        """Where its steps begin, the first one first and the present one last."""
        length, step, _ = _SHAPES[self]
        latest = floor(now, step)
        return [latest - index * step for index in reversed(range(length // step))]


#: Length, step, period.
_SHAPES = MappingProxyType(
    {
        Span.MINUTES_15: (15 * MINUTE, MINUTE, Period.MINUTE),
        Span.HOUR_1: (_HOUR, MINUTE, Period.MINUTE),
        Span.HOURS_6: (6 * _HOUR, 5 * MINUTE, Period.MINUTE),
        Span.HOURS_24: (_DAY, 15 * MINUTE, Period.QUARTER),
        Span.DAYS_7: (7 * _DAY, _HOUR, Period.HOUR),
        Span.DAYS_30: (30 * _DAY, 6 * _HOUR, Period.SHIFT),
        Span.DAYS_90: (90 * _DAY, _DAY, Period.DAY),
    }
)

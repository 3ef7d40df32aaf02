"""The lengths of time over which counts are kept."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum

#: Where the one period begins that has no end.
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Period(StrEnum):
    """What one row of counts covers; hours, shifts of six and days are those of UTC."""

    LIVE = "live"
    """A minute as the workers write it: not yet added to the others."""
    MINUTE = "minute"
    QUARTER = "15min"
    HOUR = "hour"
    SHIFT = "6hours"
    DAY = "day"
    EVER = "ever"


#: What a minute is added to.
FOLDED = tuple(period for period in Period if period is not Period.LIVE)

_STEPS = {
    Period.LIVE: MINUTE,
    Period.MINUTE: MINUTE,
    Period.QUARTER: timedelta(minutes=15),
    Period.HOUR: timedelta(hours=1),
    Period.SHIFT: timedelta(hours=6),
    Period.DAY: timedelta(days=1),
}


def start_of(period: Period, moment: datetime) -> datetime:
    """Where the period begins that a moment lies in."""
    return EPOCH if period is Period.EVER else floor(moment, _STEPS[period])


def floor(moment: datetime, step: timedelta) -> datetime:
    """The last multiple of a step, counted from the epoch, that is not after a moment."""
    return moment.astimezone(UTC) - (moment - EPOCH) % step

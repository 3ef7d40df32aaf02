"""What the shop's workers counted before the pictures: a quiet hour, a release, and its mend."""

import math
from datetime import datetime, timedelta

from django.utils import timezone

from jobs.domain.histogram import bucket_of
from jobs.domain.periods import MINUTE, floor
from jobs.models import Release, Rollup

MINUTES = 90
#: Minutes ago: a release that let payments fail, and the one that mended it.
BROKEN_AT, MENDED_AT = 34, 22
#: Task type -> its queue, tasks a minute at the quietest, seconds of its median run.
TYPES = {
    "capture_payment": ("high", 34, 0.4),
    "send_email": ("high", 60, 0.15),
    "sync_stock": ("default", 18, 1.2),
    "generate_report": ("low", 4, 8.0),
}


def count_the_past() -> None:
    """Write the counts of the last hour and a half, and the two releases."""
    now = floor(timezone.now(), MINUTE)
    Rollup.objects.bulk_create(
        _minute(name, now - ago * MINUTE, ago) for name in TYPES for ago in range(1, MINUTES)
    )
    for name, ago in (("2026.46", BROKEN_AT), ("2026.47", MENDED_AT)):
        Release.objects.create(name=name, first_seen_at=now - timedelta(minutes=ago))


def _minute(name: str, at: datetime, ago: int) -> Rollup:
    queue, least, median = TYPES[name]
    ended = round(least * (1.5 + 0.4 * math.sin(ago / 9) + 0.15 * math.sin(ago * 1.7)))
    is_broken = name == "capture_payment" and MENDED_AT <= ago <= BROKEN_AT
    failed = ended // 3 if is_broken else ended // 50
    slower = 1.8 if is_broken else 1.0 + 0.15 * math.sin(ago / 5)
    return Rollup(
        at=at,
        queue=queue,
        name=name,
        succeeded=ended - failed,
        failed=failed,
        retried=2 * failed,
        run_histogram=_spread(median * slower, ended),
        wait_histogram=_spread(0.012 * slower, ended),
    )


def _spread(median_seconds: float, count: int) -> list[int]:
    """So many durations about a median: most near it, a few far above."""
    places = [
        bucket_of(median_seconds * (0.6 + 0.8 * n / count + (2.5 if n % 25 == 24 else 0)))
        for n in range(count)
    ]
    return [places.count(place) for place in range(max(places) + 1)]

"""Durations counted in logarithmic buckets: percentiles within 5 % from a few numbers a minute.

The buckets and the estimate are those of DDSketch (Masson, Rim, Lee: "DDSketch: a fast and
fully-mergeable quantile sketch with relative-error guarantees", VLDB 2019): bucket `i` counts
durations of `LEAST_SECONDS` times `GROWTH**(i-1)` to `GROWTH**i`, bucket 0 those below. Adding two
histograms gives that of all their durations, so minutes can be summed to any time.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, zip_longest

#: Shorter durations are not told apart.
LEAST_SECONDS = 0.0001
GROWTH = 1.1
#: The longest durations share one bucket; it begins at 17 days.
LAST_BUCKET = 247
#: The most by which an estimate differs from the true value, as a share of it.
RELATIVE_ERROR = (GROWTH - 1) / (GROWTH + 1)

_PER_LOG = 1 / math.log(GROWTH)


def bucket_of(seconds: float) -> int:
    """The bucket that counts a duration."""
    if seconds <= LEAST_SECONDS:
        return 0
    return min(LAST_BUCKET, math.ceil(math.log(seconds / LEAST_SECONDS) * _PER_LOG))


def added(histograms: Iterable[Sequence[int]]) -> list[int]:
    """One histogram of all the durations."""
    return list(map(sum, zip_longest(*histograms, fillvalue=0)))


def percentile(histogram: Sequence[int], percent: float) -> float | None:
    """The duration in seconds that `percent` of them do not exceed; None when there are none.

    Of n in order, the true one is that at place `percent / 100 * (n - 1)`, counted from 0 and
    rounded down (numpy's method "lower"); this is within `RELATIVE_ERROR` of it between
    `LEAST_SECONDS` and 17 days.

    Raises:
        ValueError: `percent` is not from 0 to 100.
    """
    if not 0 <= percent <= 100:
        raise ValueError(f"percent must be from 0 to 100, not {percent}")
    seen = list(accumulate(histogram))
    if not seen or not seen[-1]:
        return None
    return _middle(bisect_right(seen, percent / 100 * (seen[-1] - 1)))


def coarse(histogram: Sequence[int], *, most: int) -> list[tuple[float, float, int]]:
    """The same in at most so many equal steps, from the first bucket in use to the last.

    Each is given as the seconds where it begins, those where it ends, and its count.
    """
    used = [bucket for bucket, count in enumerate(histogram) if count]
    if not used:
        return []
    first, last = used[0], used[-1]
    width = math.ceil((last - first + 1) / most)
    return [
        (_start(place), _start(place + width), sum(histogram[place : place + width]))
        for place in range(first, last + 1, width)
    ]


def _start(bucket: int) -> float:
    """Where a bucket begins, in seconds."""
    return LEAST_SECONDS * GROWTH ** (bucket - 1) if bucket else 0.0


def _middle(bucket: int) -> float:
    """The value whose relative distance to both ends of a bucket is the same."""
    if bucket == 0:
        return LEAST_SECONDS
    return LEAST_SECONDS * GROWTH**bucket * 2 / (GROWTH + 1)

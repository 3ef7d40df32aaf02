import random

import numpy
import pytest

from jobs.domain.histogram import (
    GROWTH,
    LAST_BUCKET,
    LEAST_SECONDS,
    RELATIVE_ERROR,
    added,
    bucket_of,
    coarse,
    percentile,
)


def histogram(durations: list[float]) -> list[int]:
    counts = [0] * (LAST_BUCKET + 1)
    for seconds in durations:
        counts[bucket_of(seconds)] += 1
    return counts


SHAPES = {
    "always the same": lambda _: 0.25,
    "exponential": lambda rng: rng.expovariate(0.5),
    "even": lambda rng: rng.uniform(0.001, 10),
    "long-tailed": lambda rng: rng.lognormvariate(-3, 2.5),
    "two humps": lambda rng: rng.gauss(0.01, 0.001) if rng.random() < 0.7 else rng.gauss(60, 5),
    "from tenths of a millisecond to weeks": lambda rng: 10 ** rng.uniform(-3.9, 6),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("percent", [0, 1, 25, 50, 90, 95, 99, 99.9, 100])
def test_a_percentile_is_within_the_stated_error(shape, percent):
    rng = random.Random(f"{shape} {percent}")
    durations = [SHAPES[shape](rng) for _ in range(5000)]

    estimate = percentile(histogram(durations), percent)

    # "lower": a duration that occurred, not one between two that nobody waited for
    true = numpy.percentile(durations, percent, method="lower")
    assert estimate == pytest.approx(true, rel=RELATIVE_ERROR * 1.001, abs=LEAST_SECONDS)


def test_the_stated_error_is_under_five_percent():
    assert RELATIVE_ERROR < 0.05


def test_the_sum_of_histograms_is_the_histogram_of_all():
    rng = random.Random(7)
    durations = [rng.expovariate(3) for _ in range(900)]

    parts = [histogram(durations[start : start + 300])[:120] for start in (0, 300, 600)]

    assert added([[], *parts]) == histogram(durations)[:120]


def test_a_percentile_of_nothing_is_none():
    assert percentile([], 50) is None
    assert percentile([0, 0], 50) is None


@pytest.mark.parametrize("seconds", [0.0, -1.0, 0.00001, LEAST_SECONDS])
def test_what_is_too_short_to_tell_apart_shares_the_first_bucket(seconds):
    assert bucket_of(seconds) == 0


def test_what_is_longer_than_all_buckets_shares_the_last():
    assert bucket_of(1e12) == LAST_BUCKET
    assert LEAST_SECONDS * GROWTH ** (LAST_BUCKET - 1) / 86400 >= 17


@pytest.mark.parametrize("percent", [-1, 100.1])
def test_a_percent_that_is_none_is_refused(percent):
    with pytest.raises(ValueError, match=f"from 0 to 100, not {percent}"):
        percentile([1], percent)


def test_a_coarse_histogram_keeps_every_count_and_says_where_its_steps_lie():
    histogram = [0] * 100
    histogram[10], histogram[50], histogram[99] = 3, 4, 5

    steps = coarse(histogram, most=9)

    assert len(steps) <= 9
    assert sum(count for _, _, count in steps) == 12
    assert all(start < end for start, end, _ in steps)
    assert [end for _, end, _ in steps[:-1]] == [start for start, _, _ in steps[1:]]
    assert steps[0][0] < 0.00026 < steps[0][1]
    assert coarse([], most=5) == []
    assert coarse([7], most=5) == [(0.0, 0.0001, 7)]

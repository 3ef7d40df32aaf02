"""What ended over a stretch of time, step by step."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.domain.histogram import bucket_of, percentile
from jobs.domain.periods import MINUTE, floor
from jobs.domain.spans import Span
from jobs.maintenance.fold import fold
from jobs.models import Release, Rollup
from jobs.selectors.charts import Point, chart
from tests.support.rows import ago

pytestmark = pytest.mark.django_db(transaction=True)

#: A moment of which folding leaves nothing alone, in the middle of a step of each span.
NOW = datetime(2026, 3, 4, 13, 7, 30, tzinfo=UTC)
STEPS = {
    Span.MINUTES_15: (15, 60),
    Span.HOUR_1: (60, 60),
    Span.HOURS_6: (72, 5 * 60),
    Span.HOURS_24: (96, 15 * 60),
    Span.DAYS_7: (168, 3600),
    Span.DAYS_30: (120, 6 * 3600),
    Span.DAYS_90: (90, 24 * 3600),
}


def count(before: timedelta, **columns: object) -> None:
    given = {"queue": "low", "name": "add"} | columns
    Rollup.objects.create(at=floor(NOW - before, MINUTE), **given)


def histogram(*seconds: float) -> list[int]:
    counts = [0] * (max(map(bucket_of, seconds)) + 1)
    for each in seconds:
        counts[bucket_of(each)] += 1
    return counts


def used(points: list[Point]) -> list[Point]:
    return [point for point in points if point.succeeded]


@pytest.mark.parametrize("span", Span)
def test_each_span_has_every_step_up_to_the_present_one(span):
    found = chart(span, now=NOW)

    many, seconds = STEPS[span]
    assert len(found.points) == many
    assert {point.seconds for point in found.points} == {seconds}
    begins = [point.at for point in found.points]
    gaps = {later - earlier for earlier, later in pairwise(begins)}
    assert gaps == {timedelta(seconds=seconds)}
    assert begins[-1] <= NOW < begins[-1] + timedelta(seconds=seconds)
    assert found.totals.seconds == many * seconds
    assert used(found.points) == []
    assert found.points[0].run_seconds is found.totals.wait_seconds is None


@pytest.mark.parametrize("span", Span)
def test_what_is_folded_and_what_is_not_stand_in_their_steps(span):
    # given one in the first step, one in the last, one before the first and one after a fold
    first = chart(span, now=NOW).points[0].at
    for before in (NOW - first, NOW - first + MINUTE, timedelta(0)):
        count(before, succeeded=1)
    fold()
    count(timedelta(0), succeeded=2)

    # when
    found = chart(span, now=NOW)

    # then
    assert [point.succeeded for point in used(found.points)] == [1, 3]
    assert (found.points[0].succeeded, found.points[-1].succeeded) == (1, 3)
    assert found.totals.succeeded == 4


@pytest.mark.parametrize("fold_first", [True, False], ids=["folded", "live"])
def test_a_point_tells_what_became_of_the_attempts_and_how_long_they_took(fold_first):
    count(
        timedelta(minutes=3),
        succeeded=5,
        failed=4,
        revoked=3,
        retried=2,
        snoozed=1,
        timed_out=6,
        worker_died=7,
        wait_histogram=histogram(*[0.1] * 9, 5.0),
        run_histogram=histogram(*[2.0] * 9, 60.0),
    )
    if fold_first:
        fold()

    found = chart(Span.HOUR_1, now=NOW, percent=90)

    for point in (found.points[-4], found.totals):
        assert (point.succeeded, point.failed, point.revoked) == (5, 4, 3)
        assert (point.retried, point.timed_out, point.rescued) == (3, 6, 7)
        assert point.wait_seconds == pytest.approx(0.1, rel=0.05)
        assert point.run_seconds == pytest.approx(2.0, rel=0.05)
        assert sum(point.runs) == 10
    assert chart(Span.HOUR_1, now=NOW, percent=100).totals.run_seconds == pytest.approx(
        60, rel=0.05
    )
    with pytest.raises(ValueError, match="from 0 to 100"):
        _ = chart(Span.HOUR_1, now=NOW, percent=101).totals.run_seconds


@pytest.mark.parametrize("span", Span)
def test_one_queue_or_one_type_can_be_looked_at(span):
    kinds = [("low", "add", 1), ("low", "process", 2), ("high", "add", 4)]
    for minutes in (2, 1):
        for queue, name, many in kinds:
            count(minutes * MINUTE, queue=queue, name=name, succeeded=many)
        if minutes == 2:
            fold()

    asked = [{}, {"queue": "low"}, {"name": "add"}, {"queue": "low", "name": "add"}, {"name": "x"}]

    assert [chart(span, now=NOW, **each).totals.succeeded for each in asked] == [14, 6, 10, 2, 0]


def test_the_present_minute_is_there_at_once():
    Rollup.objects.create(at=floor(ago(0), MINUTE), queue="low", name="add", succeeded=1)

    assert sum(point.succeeded for point in chart(Span.MINUTES_15, now=ago(0)).points) == 1


def test_releases_that_came_within_the_span_are_told():
    for name, hours in (("old", 30), ("second", 2), ("first", 20)):
        Release.objects.create(name=name, first_seen_at=NOW - timedelta(hours=hours))

    found = chart(Span.HOURS_24, now=NOW)

    assert [release.name for release in found.releases] == ["first", "second"]
    assert chart(Span.HOUR_1, now=NOW).releases == []


@pytest.mark.parametrize("span", Span)
def test_a_chart_reads_no_more_rows_than_the_periods_it_is_made_of(span):
    # given five queues and types in each of three minutes
    rng = random.Random(5)
    for minute in range(3):
        for kind in range(5):
            count(minute * MINUTE, queue=f"q{kind}", name=f"n{kind}", succeeded=rng.randrange(1, 9))
    fold()

    # when
    with CaptureQueriesContext(connection) as queries:
        chart(span, now=NOW)

    # then there are two statements, and the first gives a row for each period
    assert len(queries) == 2
    told = Rollup.objects.counted(span.period, since=NOW - timedelta(days=1))
    assert told.count() == len(set(told.values_list("at")))


def test_percentiles_are_those_of_all_distributions_together():
    runs = [[0.01] * 50, [0.02] * 30, [4.0] * 20]
    for minute, durations in enumerate(runs):
        count(minute * MINUTE, succeeded=1, run_histogram=histogram(*durations))
    fold()

    found = chart(Span.HOUR_1, now=NOW, percent=90)

    everything = histogram(*[each for durations in runs for each in durations])
    assert found.totals.run_seconds == percentile(everything, 90)
    assert list(found.totals.runs) == everything

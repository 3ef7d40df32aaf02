"""How counts move from the minutes that workers write to hours, days and all time."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db.models import Sum
from django.utils import timezone

from jobs.domain.periods import EPOCH, FOLDED, MINUTE, Period, floor, start_of
from jobs.maintenance.fold import CHUNK, MOST_CHUNKS, fold
from jobs.maintenance.forget import forget_rollups
from jobs.maintenance.loop import Maintenance
from jobs.models import Rollup
from jobs.models.rollup import ALL, EACH
from jobs.selectors.stats import stats
from jobs.store.rollup_rows import COUNTS
from tests.support.at_once import at_once
from tests.support.rows import ago, claimed, finished, make_task, outcome_of

pytestmark = pytest.mark.django_db(transaction=True)

HOUR_SECONDS = 3600
DAY_SECONDS = 24 * HOUR_SECONDS


def count(seconds_ago: float, **columns: object) -> None:
    """One live row, of ten that succeeded unless told otherwise."""
    given = {"queue": "default", "name": "add", "succeeded": 10} | columns
    Rollup.objects.create(at=floor(ago(seconds_ago), MINUTE), **given)


def folded(period: Period, queue: str = ALL, name: str = ALL) -> list[tuple[datetime, int]]:
    rows = Rollup.objects.filter(period=period.value, queue=queue, name=name).order_by("at")
    return list(rows.values_list("at", "succeeded"))


def succeeded(period: Period) -> int:
    return Rollup.objects.filter(period=period.value).aggregate(sum=Sum("succeeded"))["sum"] or 0


def test_a_minute_that_is_over_moves_to_its_hour_its_day_and_all_time():
    # given two minutes of one hour and one of the day before
    noon = floor(timezone.now(), timedelta(days=1)) - timedelta(hours=12)
    for at, many in ((noon, 1), (noon + MINUTE, 2), (noon - timedelta(days=1), 4)):
        Rollup.objects.create(at=at, queue="low", name="add", succeeded=many)

    # when
    assert fold() == 3

    # then
    day, before = floor(noon, timedelta(days=1)), noon - timedelta(days=1)
    assert folded(Period.MINUTE, "low", "add") == [(before, 4), (noon, 1), (noon + MINUTE, 2)]
    assert folded(Period.HOUR, "low", "add") == [(before, 4), (noon, 3)]
    assert folded(Period.QUARTER, "low", "add") == folded(Period.HOUR, "low", "add")
    assert folded(Period.SHIFT, "low", "add") == folded(Period.HOUR, "low", "add")
    assert folded(Period.DAY, "low", "add") == [(day - timedelta(days=1), 4), (day, 3)]
    assert folded(Period.EVER, "low", "add") == [(EPOCH, 7)]
    assert not folded(Period.LIVE, "low", "add")
    assert fold() == 0


def test_every_column_moves_and_distributions_are_added_up():
    numbers = {name: place for place, name in enumerate(COUNTS, start=1)}
    for histogram in ([1, 0, 2], [0, 5]):
        count(
            600 + 60 * len(histogram),
            **numbers,
            wait_seconds=1.5,
            run_seconds=2.5,
            wait_histogram=histogram,
            run_histogram=histogram[::-1],
        )

    fold()

    row = Rollup.objects.get(period=Period.EVER.value, queue="default", name="add")
    assert {name: getattr(row, name) for name in COUNTS} == {
        name: 2 * number for name, number in numbers.items()
    }
    assert (row.wait_seconds, row.run_seconds) == (3.0, 5.0)
    assert (row.wait_histogram, row.run_histogram) == ([1, 5, 2], [7, 0, 1])


def test_queues_and_types_are_also_counted_together():
    for queue, name in (("high", "add"), ("low", "add"), ("low", "process")):
        count(300, queue=queue, name=name)

    fold()

    scopes = [("high", "add"), ("low", "add"), ("low", ALL), (ALL, "add"), (ALL, ALL)]
    found = [folded(Period.EVER, *scope)[0][1] for scope in scopes]
    assert found == [10, 10, 20, 20, 30]


@pytest.mark.parametrize("period", FOLDED)
def test_what_is_folded_and_what_is_not_are_read_together(period):
    # given 30 that are folded and 20 that are not
    for queue, name in (("high", "add"), ("low", "add"), ("low", "process")):
        count(300, queue=queue, name=name)
    fold()
    count(300, queue="low", name="add", succeeded=20)
    read = partial(Rollup.objects.counted, period)

    # then each is read once, by whatever it is asked for
    for scope in ({}, {"queue": EACH}, {"name": EACH}, {"queue": EACH, "name": EACH}):
        assert read(**scope).aggregate(sum=Sum("succeeded"))["sum"] == 50
    by_queue = dict(read(queue=EACH).values_list("queue").annotate(Sum("succeeded")))
    by_name = dict(read(name=EACH).values_list("name").annotate(Sum("succeeded")))
    assert (by_queue, by_name) == ({"high": 10, "low": 40}, {"add": 40, "process": 10})
    assert sum(read(queue="low", name="add").values_list("succeeded", flat=True)) == 30


def test_the_present_minute_and_the_one_before_are_left_alone():
    count(0)
    count(60)

    assert fold() == 0


def test_what_ends_late_is_added_to_what_was_folded_long_ago():
    # given a minute that was folded, and an attempt of it that is written only now
    at = floor(ago(DAY_SECONDS), MINUTE)
    for _ in range(2):
        claim = claimed(make_task())
        finished(outcome_of(claim, started=at.timestamp(), finished=at.timestamp() + 1))
        fold()

    assert folded(Period.MINUTE, "default", "add") == [(at, 2)]
    assert folded(Period.HOUR) == [(start_of(Period.HOUR, at), 2)]
    assert folded(Period.EVER) == [(EPOCH, 2)]


def test_of_two_leaders_at_once_none_counts_what_the_other_has_counted():
    # given more than one chunk, and outcomes that come meanwhile
    for place in range(CHUNK + 50):
        count(600 + 60 * (place % 30), name=f"type{place}")
    late = [outcome_of(claimed(make_task()), finished=ago(700).timestamp()) for _ in range(20)]

    at_once(fold, fold, *(partial(finished, each) for each in late))

    while fold():
        pass
    total = 10 * (CHUNK + 50) + len(late)
    assert [succeeded(period) for period in FOLDED] == [4 * total] * len(FOLDED)
    assert stats().success_tasks == total


def test_a_call_does_a_bounded_share_and_the_next_goes_on(monkeypatch):
    monkeypatch.setattr("jobs.maintenance.fold.CHUNK", 3)
    for place in range(3 * MOST_CHUNKS + 1):
        count(300, name=f"type{place}")

    assert [fold(), fold(), fold()] == [3 * MOST_CHUNKS, 1, 0]


def test_a_fold_that_does_not_come_to_its_end_moves_nothing(monkeypatch):
    for name in ("one", "two"):
        count(300, name=name)

    def breaks(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("jobs.store.fold.add_row", breaks)
    with pytest.raises(KeyboardInterrupt):
        fold()

    assert succeeded(Period.LIVE) == 20
    assert succeeded(Period.EVER) == 0


def test_a_day_is_one_of_utc():
    moment = datetime.fromisoformat("2026-03-01T01:30:00+05:00")

    assert start_of(Period.DAY, moment) == datetime(2026, 2, 28, tzinfo=UTC)
    assert start_of(Period.HOUR, moment) == datetime(2026, 2, 28, 20, tzinfo=UTC)


def test_each_period_is_kept_for_its_own_time():
    # given a row of each at these ages in days
    ages = (6, 8, 89, 91, 729, 731)
    for period in FOLDED:
        for age in ages:
            at = start_of(period, ago(age * DAY_SECONDS))
            row = {"period": period.value, "at": at, "queue": "low", "name": f"{age}"}
            Rollup.objects.create(**row)

    # when
    forgotten = forget_rollups()

    # then all time is kept for ever
    left = {period: Rollup.objects.filter(period=period.value).count() for period in FOLDED}
    minutes, hours = {Period.MINUTE: 1, Period.QUARTER: 1}, {Period.HOUR: 3, Period.SHIFT: 3}
    assert left == minutes | hours | {Period.DAY: 5, Period.EVER: 6}
    assert forgotten == 2 * 5 + 2 * 3 + 1
    assert forget_rollups() == 0


def test_how_long_each_is_kept_is_a_setting(jobs):
    jobs(minute_counts_keep_seconds=2 * DAY_SECONDS)
    count(4 * DAY_SECONDS)
    fold()

    forget_rollups()

    assert not folded(Period.MINUTE)
    assert len(folded(Period.HOUR)) == 1


def test_whoever_leads_folds_and_forgets():
    count(8 * DAY_SECONDS)

    Maintenance("leader").tick()

    assert not folded(Period.LIVE, "default", "add")
    assert not folded(Period.MINUTE)
    assert len(folded(Period.DAY)) == 1

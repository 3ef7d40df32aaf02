"""Durations and moments as people read them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from jobs.domain.wording import Moment, counted, duration, in_utc, relative

NOON = datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "0 ms"),
        (0.34, "340 ms"),
        (1.23, "1.2 s"),
        (12.9, "12 s"),
        (60, "1 min"),
        (185, "3 min 5 s"),
        (3600, "1 h"),
        (187_200, "2 d 4 h"),
    ],
)
def test_a_duration_has_the_two_units_a_reader_wants(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(12, "in 12 s"), (90, "in 1 min 30 s"), (0.2, "in 1 s"), (0, "1 s ago"), (-3.7, "3 s ago")],
)
def test_a_distance_says_which_way_it_lies(seconds: float, words: str) -> None:
    assert relative(NOON + timedelta(seconds=seconds), now=NOON) == words


def test_a_moment_is_told_in_utc_whatever_its_zone() -> None:
    tokyo = NOON.astimezone(timezone(timedelta(hours=9)))
    assert in_utc(tokyo) == "2026-01-31 12:00:00 UTC"


def test_a_moment_in_a_sentence_tells_its_distance_too() -> None:
    moment = Moment(NOON, now=NOON + timedelta(minutes=2))
    assert f"at {moment}." == "at 2026-01-31 12:00:00 UTC (2 min ago)."


@pytest.mark.parametrize(("count", "words"), [(0, "0 tasks"), (1, "1 task"), (2, "2 tasks")])
def test_a_noun_agrees_with_its_count(count: int, words: str) -> None:
    assert counted(count, "task") == words

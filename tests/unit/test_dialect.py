import random
from datetime import UTC, datetime

import pytest

from jobs.store.dialect import epoch_seconds, text, text_of

RNG = random.Random(3)
AWKWARD = [0.0, 1.5, 0.999999, 1795244400.000001, 1795244399.9999996, 4102444799.5]
MOMENTS = [*AWKWARD, *(RNG.uniform(0, 4e9) for _ in range(500))]


def test_a_moment_survives_its_text():
    for moment in MOMENTS:
        assert epoch_seconds(text_of(moment)) == pytest.approx(moment, abs=1e-6)
        assert len(text_of(moment)) == 26


def test_both_ways_to_write_a_moment_agree():
    moment = datetime(2026, 11, 21, 8, 30, 5, 120, tzinfo=UTC)
    assert text(moment) == text_of(moment.timestamp()) == "2026-11-21 08:30:05.000120"


def test_texts_sort_as_their_moments():
    assert sorted(map(text_of, MOMENTS)) == [text_of(moment) for moment in sorted(MOMENTS)]


def test_a_moment_on_the_second_is_read_as_django_writes_it():
    assert epoch_seconds("1970-01-01 00:00:07") == 7.0

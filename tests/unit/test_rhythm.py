"""How soon the live pages are read for again."""

import pytest

from dashboard.rhythm import LONGEST_PAUSE, SHORTEST_PAUSE, Rhythm


@pytest.mark.parametrize(
    ("took_seconds", "cpu_seconds", "pause"),
    [
        (0.001, 0.001, SHORTEST_PAUSE),  # small readings are quick
        (0.050, 0.030, 2.0),  # those that keep the core wait until that is a small share
        (0.500, 0.001, 2.0),  # those that wait for the database leave it alone
        (600.0, 0.001, LONGEST_PAUSE),  # but no page waits long for one that answers again
    ],
)
def test_a_reading_is_followed_by_a_pause_that_fits_it(
    took_seconds: float, cpu_seconds: float, pause: float
) -> None:
    rhythm = Rhythm(share=0.015)

    rhythm.took(began=100.0, now=100.0 + took_seconds, cpu_seconds=cpu_seconds)

    assert rhythm.due_at == pytest.approx(100.0 + took_seconds + pause)

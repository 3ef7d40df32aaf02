"""How soon the live pages are read for again."""

import pytest

from dashboard.rhythm import BURST_SECONDS, LONGEST_PAUSE, SHORTEST_PAUSE, Rhythm

SHARE = 0.01


@pytest.mark.parametrize(
    ("took_seconds", "cpu_seconds", "pause"),
    [
        (0.001, 0.001, SHORTEST_PAUSE),  # small readings are quick
        (0.050, BURST_SECONDS + 0.02, 2.0),  # those that keep the core wait until that is little
        (0.500, 0.001, 2.0),  # those that wait for the database leave it alone
        (600.0, 0.001, LONGEST_PAUSE),  # but no page waits long for one that answers again
    ],
)
def test_a_reading_is_followed_by_a_pause_that_fits_it(
    took_seconds: float, cpu_seconds: float, pause: float
) -> None:
    rhythm = Rhythm(SHARE)

    rhythm.took(began=100.0, now=100.0 + took_seconds, cpu_seconds=cpu_seconds)

    assert rhythm.due_at == pytest.approx(100.0 + took_seconds + pause)


def pauses(rhythm: Rhythm, *, count: int, now: float = 100.0) -> list[float]:
    """Those after so many readings of 4 ms, each as soon as it may be."""
    found = []
    for _ in range(count):
        rhythm.took(began=now, now=now, cpu_seconds=0.004)
        found.append(rhythm.due_at - now)
        now = rhythm.due_at
    return found


def test_a_few_readings_are_quick_and_many_take_their_share() -> None:
    found = pauses(Rhythm(SHARE), count=100)

    assert found[:3] == pytest.approx([SHORTEST_PAUSE] * 3)
    assert 100 * 0.004 / sum(found) == pytest.approx(SHARE, rel=0.05)


def test_after_a_rest_readings_are_quick_again() -> None:
    rhythm = Rhythm(SHARE)
    pauses(rhythm, count=100)

    assert pauses(rhythm, count=1, now=rhythm.due_at + 60.0) == pytest.approx([SHORTEST_PAUSE])

"""The waits that a task may ask for."""

import pytest

from jobs import Retry, Snooze


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), 1e9])
def test_a_wait_that_no_database_could_keep_is_refused(seconds: float) -> None:
    with pytest.raises(ValueError, match=r"must be a number from 0 to 31622400"):
        Snooze(seconds)
    with pytest.raises(ValueError, match=r"Retry\(delay_seconds=…\) is"):
        Retry(delay_seconds=seconds)


def test_any_wait_from_none_to_a_year_is_taken() -> None:
    assert (Snooze(0).seconds, Snooze(86400 * 365).seconds) == (0, 86400 * 365)
    assert (Retry().delay_seconds, Retry(delay_seconds=0).delay_seconds) == (None, 0)

"""The garbage collector of a web process."""

import gc
from collections.abc import Iterator

import pytest

from taskqueue_site.collector import THRESHOLDS, settle


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_what_was_loaded_at_the_start_is_never_looked_through_again() -> None:
    settle()

    assert gc.get_freeze_count() > 100_000
    assert gc.get_threshold() == THRESHOLDS


def test_what_comes_later_is_still_collected() -> None:
    settle()

    circle: list[object] = []
    circle.append(circle)
    del circle

    assert gc.collect() >= 1

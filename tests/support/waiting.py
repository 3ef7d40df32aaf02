"""Waiting for a condition, with a deadline."""

import time
from collections.abc import Callable

STEP_SECONDS = 0.02


def wait_until(condition: Callable[[], object], *, seconds: float = 10.0, what: str = "") -> None:
    """Look until the condition holds.

    Raises:
        AssertionError: it did not within the time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what or condition}")
        time.sleep(STEP_SECONDS)

"""Waiting for a condition, with a deadline."""

import time
from collections.abc import Callable
from typing import Any

STEP_SECONDS = 0.02
#: A deadline tells what never happens from what does, not a slow machine from a quick one.
PATIENCE_SECONDS = 60.0


def wait_for(
    condition: Callable[[], Any], *, seconds: float = PATIENCE_SECONDS, what: str = ""
) -> Any:
    """Wait until the condition gives something true, and give it; fail after the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        if got := condition():
            return got
        assert time.monotonic() < deadline, f"waited {seconds:g} s for {what or condition}"
        time.sleep(STEP_SECONDS)


def stays(condition: Callable[[], Any], *, seconds: float) -> Callable[[], bool]:
    """A condition: the given one has held at every look for so long."""
    since: list[float] = []

    def has_stayed() -> bool:
        if not condition():
            since.clear()
            return False
        since.append(time.monotonic())
        return since[-1] - since[0] >= seconds

    return has_stayed

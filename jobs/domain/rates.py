"""How often something may happen."""

from dataclasses import dataclass
from functools import lru_cache

from jobs.conf import RATE

SECONDS = {"second": 1, "minute": 60}


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` times in each window of `window_seconds`."""

    count: int
    window_seconds: int


@lru_cache(maxsize=100)
def rate_of(text: str) -> Rate | None:
    """The rate that a setting names, as in `100/second`; None for no limit."""
    found = RATE.fullmatch(text)
    return Rate(int(found[1]), SECONDS[found[2]]) if found else None

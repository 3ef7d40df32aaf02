"""How long a failed task waits for its next try."""

import math
import random
from dataclasses import dataclass

from jobs.exceptions import InvalidOption

SYSTEM_RANDOM = random.SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Waits that grow by a factor: `first_seconds` before the first retry, at most `max_seconds`.

    `jitter` (0 to 1) is the share of each wait that is left to chance, so that tasks which failed
    together do not come back together.
    """

    first_seconds: float = 2.0
    factor: float = 2.0
    max_seconds: float = 3600.0
    jitter: float = 0.25

    def __post_init__(self) -> None:
        week = 7 * 24 * 3600
        _check("first_seconds", self.first_seconds, 0, week)
        _check("factor", self.factor, 1, 100)
        _check("max_seconds", self.max_seconds, 0, week)
        _check("jitter", self.jitter, 0, 1)

    def delay_seconds(self, *, retry: int, rng: random.Random = SYSTEM_RANDOM) -> float:
        """Seconds to wait before the `retry`-th retry, counted from 1."""
        try:
            grown = self.first_seconds * self.factor ** (retry - 1)
        except OverflowError:
            grown = math.inf
        longest = min(grown, self.max_seconds)
        return longest * rng.uniform(1 - self.jitter, 1) if self.jitter else longest


def _check(field: str, given: float, minimum: float, maximum: float) -> None:
    is_number = isinstance(given, int | float) and not isinstance(given, bool)
    if not is_number or not minimum <= given <= maximum:
        raise InvalidOption(
            field=f"backoff.{field}", given=given, allowed=f"a number from {minimum} to {maximum}"
        )


DEFAULT_BACKOFF = RetryPolicy()

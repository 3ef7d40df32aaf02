"""How long a failed task waits for its next try."""

import math
import random
from dataclasses import dataclass

from jobs.exceptions import InvalidOption

SYSTEM_RANDOM = random.SystemRandom()


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Waits that grow by a factor, so that tasks which fail in a row come back ever later."""

    first_seconds: float = 2.0
    """The wait before the first retry."""
    factor: float = 2.0
    """Each further wait is so many times the one before."""
    max_seconds: float = 3600.0
    """No wait is longer."""
    jitter: float = 0.25
    """The share of each wait left to chance: those that failed together come back apart."""

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

"""Whether a failed task is tried again, and how long it waits for that."""

import inspect
import logging
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

from jobs.exceptions import InvalidOption

logger = logging.getLogger(__name__)

Exceptions = type[BaseException] | tuple[type[BaseException], ...]

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


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryRules:
    """After which exceptions a task with tries left is tried again: after all, unless told.

    The fields are the options of `@task` of the same names.
    """

    retry_on: tuple[type[BaseException], ...] | None = None
    dont_retry_on: tuple[type[BaseException], ...] = ()
    retry_if: Callable[[BaseException], bool] | None = None

    @classmethod
    def of(cls, retry_on: object, dont_retry_on: object, retry_if: object) -> Self:
        """The rules as `@task` was given them; one class stands for a tuple of one.

        Raises:
            InvalidOption: something else than exception classes or a plain function, or classes
                of which one could never count.
        """
        only = None if retry_on is None else _classes("retry_on", retry_on)
        never = _classes("dont_retry_on", dont_retry_on)
        if only == ():
            raise InvalidOption(
                field="retry_on",
                given=retry_on,
                allowed="at least one exception class; for no retry at all, say max_retries=0",
            )
        for shadowed in only or ():
            if issubclass(shadowed, never):
                raise InvalidOption(
                    field="retry_on",
                    given=shadowed.__qualname__,
                    allowed="none of what dont_retry_on covers, which wins",
                )
        if retry_if is not None and (
            not callable(retry_if) or inspect.iscoroutinefunction(retry_if)
        ):
            raise InvalidOption(
                field="retry_if",
                given=retry_if,
                allowed="a plain function that takes the exception and gives True or False",
            )
        return cls(retry_on=only, dont_retry_on=never, retry_if=retry_if)

    def without_function(self) -> Self:
        """The rules by class alone, for where no user's code may run."""
        return replace(self, retry_if=None)

    def allow(self, error: BaseException) -> bool:
        """Whether this exception is worth another try.

        A `retry_if` that raises counts as yes: the tries are limited anyhow, and a fault in it
        should not cost the task. The fault is logged.
        """
        if isinstance(error, self.dont_retry_on):
            return False
        if self.retry_on is not None and not isinstance(error, self.retry_on):
            return False
        if self.retry_if is None:
            return True
        try:
            return bool(self.retry_if(error))
        except Exception:
            logger.exception("retry_if failed on %s: the task is retried", type(error).__name__)
            return True


ANY_EXCEPTION = RetryRules()


def _classes(field: str, given: object) -> tuple[type[BaseException], ...]:
    classes = given if isinstance(given, tuple) else (given,)
    for item in classes:
        if not (isinstance(item, type) and issubclass(item, BaseException)):
            raise InvalidOption(
                field=field, given=given, allowed="an exception class, or a tuple of them"
            )
    return classes

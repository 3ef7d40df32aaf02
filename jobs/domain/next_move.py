"""Which move follows an attempt that did not succeed."""

import random
from dataclasses import dataclass

from jobs.domain.outcomes import Discard, Retry, Snooze, TaskStopped
from jobs.domain.retries import ANY_EXCEPTION, RetryPolicy, RetryRules
from jobs.domain.states import Move

SYSTEM_RANDOM = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class NextMove:
    """The move, and how many seconds from now the task may run again."""

    move: Move
    delay_seconds: float = 0.0


def after_exception(
    error: BaseException,
    *,
    tries: int,
    max_retries: int,
    policy: RetryPolicy,
    rules: RetryRules = ANY_EXCEPTION,
    rng: random.Random = SYSTEM_RANDOM,
) -> NextMove:
    """What follows when a task raised; `tries` counts the attempts of this life before this one.

    `rules` are asked about errors, not about what the task raises to steer its own fate.
    """
    match error:
        case TaskStopped():
            return NextMove(Move.STOP)
        case Snooze():
            return NextMove(Move.SNOOZE, error.seconds)
        case Discard():
            return NextMove(Move.FAIL)
        case Retry(delay_seconds=float() | int()) if tries < max_retries:
            return NextMove(Move.RETRY, float(error.delay_seconds or 0.0))
    if tries < max_retries and (isinstance(error, Retry) or rules.allow(error)):
        return NextMove(Move.RETRY, policy.delay_seconds(retry=tries + 1, rng=rng))
    return NextMove(Move.FAIL)


def after_death(
    *,
    rescues: int,
    poison_limit: int,
    policy: RetryPolicy,
    rng: random.Random = SYSTEM_RANDOM,
) -> NextMove:
    """What follows when the worker died under a task; `rescues` counts the deaths before this one.

    No try is spent, but a task that takes its worker down `poison_limit` times is given up.
    """
    if rescues + 1 >= poison_limit:
        return NextMove(Move.FAIL)
    delay_seconds = policy.delay_seconds(retry=rescues, rng=rng) if rescues else 0.0
    return NextMove(Move.RETRY, delay_seconds)

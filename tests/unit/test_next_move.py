import pytest

from jobs.domain.next_move import NextMove, after_death, after_exception
from jobs.domain.outcomes import Discard, Retry, Snooze, TaskStopped, TaskTimeout
from jobs.domain.retries import RetryPolicy, RetryRules
from jobs.domain.states import Move

DOUBLING = RetryPolicy(first_seconds=2, factor=2, jitter=0)


@pytest.mark.parametrize(
    ("error", "tries", "expected"),
    [
        (ValueError(), 0, NextMove(Move.RETRY, 2)),
        (ValueError(), 1, NextMove(Move.RETRY, 4)),
        (ValueError(), 2, NextMove(Move.FAIL)),
        (TaskTimeout(), 0, NextMove(Move.RETRY, 2)),
        (TaskTimeout(), 2, NextMove(Move.FAIL)),
        (Retry(delay_seconds=7), 1, NextMove(Move.RETRY, 7)),
        (Retry(delay_seconds=0), 1, NextMove(Move.RETRY, 0)),
        (Retry(), 1, NextMove(Move.RETRY, 4)),
        (Retry(delay_seconds=7), 2, NextMove(Move.FAIL)),
        (Snooze(60), 2, NextMove(Move.SNOOZE, 60)),
        (Discard("no use"), 0, NextMove(Move.FAIL)),
        (TaskStopped(), 0, NextMove(Move.STOP)),
    ],
)
def test_what_follows_an_attempt_that_raised(error, tries, expected):
    assert after_exception(error, tries=tries, max_retries=2, policy=DOUBLING) == expected


@pytest.mark.parametrize(
    ("error", "move"),
    [
        (OSError(), Move.RETRY),
        (FileNotFoundError(), Move.FAIL),
        (ValueError(), Move.FAIL),
        (Retry(), Move.RETRY),
        (Retry(delay_seconds=1), Move.RETRY),
        (Snooze(60), Move.SNOOZE),
        (Discard(), Move.FAIL),
        (TaskStopped(), Move.STOP),
    ],
)
def test_rules_decide_about_errors_and_not_about_what_a_task_asks_for(error, move):
    # given a type that is retried on OSError alone, and not on one kind of it
    rules = RetryRules.of(OSError, FileNotFoundError, None)

    following = after_exception(error, tries=0, max_retries=2, policy=DOUBLING, rules=rules)

    assert following.move is move


def test_rules_give_no_more_tries_than_there_are():
    rules = RetryRules.of(OSError, (), lambda error: True)

    following = after_exception(OSError(), tries=2, max_retries=2, policy=DOUBLING, rules=rules)

    assert following == NextMove(Move.FAIL)


@pytest.mark.parametrize(
    ("rescues", "expected"),
    [
        (0, NextMove(Move.RETRY, 0)),
        (1, NextMove(Move.RETRY, 2)),
        (2, NextMove(Move.FAIL)),
    ],
)
def test_a_task_under_which_workers_die_is_given_up_at_the_limit(rescues, expected):
    assert after_death(rescues=rescues, poison_limit=3, policy=DOUBLING) == expected

"""How long a failed task waits."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs import RetryPolicy
from jobs.domain.retries import RetryRules
from jobs.exceptions import InvalidOption
from jobs.tasks.demo import DOUBLING


def test_the_demo_tasks_wait_as_documented() -> None:
    # when send_email's five retries are asked for
    waits = [DOUBLING.delay_seconds(retry=retry) for retry in range(1, 6)]

    # then each waits 2**n seconds, 62 in all
    assert waits == [2, 4, 8, 16, 32]


@given(st.integers(1, 1000), st.integers())
def test_jitter_only_shortens_and_never_by_more_than_its_share(retry: int, seed: int) -> None:
    # given a policy that leaves a quarter to chance
    policy = RetryPolicy(first_seconds=1, factor=3, max_seconds=500, jitter=0.25)

    # when the same retry is asked for with and without chance
    wait = policy.delay_seconds(retry=retry, rng=random.Random(seed))
    longest = min(3.0 ** (retry - 1) if retry < 500 else 500, 500)

    # then it lies between three quarters and the whole
    assert 0.75 * longest <= wait <= longest


def test_by_default_tasks_that_failed_together_do_not_come_back_together() -> None:
    # when many tasks ask for their first wait
    rng = random.Random(1)
    waits = {RetryPolicy().delay_seconds(retry=1, rng=rng) for _ in range(100)}

    # then they are spread
    assert len(waits) > 90


def test_a_wait_never_exceeds_the_longest_however_often_it_failed() -> None:
    # given a factor whose power overflows a float
    policy = RetryPolicy(first_seconds=1, factor=100.0, max_seconds=60, jitter=0)

    # then the wait is the longest allowed
    assert policy.delay_seconds(retry=1000) == 60


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"first_seconds": -1}, "backoff.first_seconds"),
        ({"first_seconds": float("nan")}, "backoff.first_seconds"),
        ({"factor": 0.5}, "backoff.factor"),
        ({"max_seconds": float("inf")}, "backoff.max_seconds"),
        ({"jitter": 1.5}, "backoff.jitter"),
        ({"jitter": True}, "backoff.jitter"),
        ({"factor": "2"}, "backoff.factor"),
    ],
)
def test_a_senseless_policy_is_refused_by_field(options: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidOption) as refusal:
        RetryPolicy(**options)
    assert refusal.value.context["field"] == field


def test_without_rules_every_exception_is_worth_another_try() -> None:
    assert RetryRules.of(None, (), None).allow(SystemExit())


@pytest.mark.parametrize(
    ("error", "worth_it"),
    [
        (ConnectionResetError("busy"), True),
        (ConnectionResetError("gone"), False),
        (BrokenPipeError("busy"), False),
        (ValueError("busy"), False),
    ],
)
def test_never_wins_over_only_and_the_function_has_the_last_word(
    error: Exception, worth_it: bool
) -> None:
    # given rules of all three kinds
    rules = RetryRules.of(ConnectionError, (BrokenPipeError,), lambda error: str(error) == "busy")

    # then each of them can refuse
    assert rules.allow(error) is worth_it


def test_a_function_that_raises_counts_as_yes_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rules = RetryRules.of(None, (), lambda error: error.status > 500)

    assert rules.allow(ValueError("no status"))
    assert "retry_if failed on ValueError: the task is retried" in caplog.text
    assert "has no attribute 'status'" in caplog.text


async def _coroutine(error: BaseException) -> bool:
    return True


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ((OSError(), (), None), "retry_on is OSError(): it must be an exception class"),
        (([OSError], (), None), "retry_on is [<class 'OSError'>]: it must be an exception class"),
        ((int, (), None), "retry_on is <class 'int'>: it must be an exception class"),
        (((), (), None), "for no retry at all, say max_retries=0"),
        ((None, "OSError", None), "dont_retry_on is 'OSError': it must be an exception class"),
        (
            (FileNotFoundError, OSError, None),
            "retry_on is 'FileNotFoundError': it must be none of what dont_retry_on covers",
        ),
        ((None, (), True), "retry_if is True: it must be a plain function"),
        ((None, (), _coroutine), "it must be a plain function"),
    ],
)
def test_senseless_rules_are_refused_in_one_sentence(
    given: tuple[object, object, object], sentence: str
) -> None:
    with pytest.raises(InvalidOption) as refusal:
        RetryRules.of(*given)
    assert sentence in str(refusal.value)

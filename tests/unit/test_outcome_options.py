"""Options of a declaration that say what follows an attempt."""

from typing import Any

import pytest

from jobs import task
from jobs.domain.registry import Registry
from jobs.exceptions import InvalidOption, InvalidTaskType


def plain() -> None:
    """A function at module level."""


async def coroutine() -> None:
    """A coroutine function at module level."""


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"atomic": 1}, "atomic"),
        ({"atomic": None}, "atomic"),
        ({"retry_on": "OSError"}, "retry_on"),
        ({"dont_retry_on": [OSError]}, "dont_retry_on"),
        ({"retry_if": "yes"}, "retry_if"),
    ],
)
def test_one_that_makes_no_sense_is_refused_by_name(
    options: dict[str, Any], field: str, own_registry: Registry
) -> None:
    with pytest.raises(InvalidOption) as refusal:
        task(**options)(plain)
    assert refusal.value.context["field"] == field
    assert own_registry.names() == []


def test_a_coroutine_function_cannot_be_atomic(own_registry: Registry) -> None:
    with pytest.raises(InvalidTaskType, match="atomic=True needs a plain function"):
        task(atomic=True)(coroutine)
    assert own_registry.names() == []


def test_one_class_stands_for_a_tuple_of_one(own_registry: Registry) -> None:
    rules = task(retry_on=OSError, dont_retry_on=FileNotFoundError)(plain).retry_rules

    assert (rules.retry_on, rules.dont_retry_on) == ((OSError,), (FileNotFoundError,))

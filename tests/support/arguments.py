"""Arguments of a function, without declaring a task type."""

from collections.abc import Callable
from typing import Any

import pytest

from jobs.domain.arguments import TypedArguments
from jobs.exceptions import InvalidArguments


def typed(func: Callable[..., Any], *, takes_context: bool = False) -> TypedArguments:
    return TypedArguments(func, name=f"shop.{func.__name__}", takes_context=takes_context)


def errors_of(arguments: TypedArguments, *args: object, **kwargs: object) -> list[dict[str, str]]:
    with pytest.raises(InvalidArguments) as refusal:
        arguments.encode(args, kwargs)
    return refusal.value.errors

"""What a function must look like to be a task type."""

import inspect
from collections.abc import Callable
from typing import Any

from jobs.exceptions import InvalidOption, InvalidTaskType

_NOT_BY_NAME = {
    inspect.Parameter.POSITIONAL_ONLY: "is positional-only",
    inspect.Parameter.VAR_POSITIONAL: "collects positional arguments",
    inspect.Parameter.VAR_KEYWORD: "collects keyword arguments",
}


def parameters(func: Callable[..., Any], *, takes_context: bool) -> list[inspect.Parameter]:
    """The parameters a caller gives, annotations as they are written."""
    return list(inspect.signature(func).parameters.values())[int(takes_context) :]


def check_function(func: Callable[..., Any], *, name: str, takes_context: bool) -> None:
    """Refuse what a worker could not find or call.

    Raises:
        InvalidTaskType: not a function of a module, or without the `context` it is to be given.
    """
    if not inspect.isfunction(func) or {"<locals>", "<lambda>"} & set(func.__qualname__.split(".")):
        raise InvalidTaskType(name=name, problem="it must be a function defined at module level.")
    if func.__module__ == "__main__":
        raise InvalidTaskType(
            name=name,
            problem="its module is run as a program, so it would be imported twice under two "
            "names. Run it through manage.py, or start it from another module.",
        )
    if takes_context:
        first = next(iter(inspect.signature(func).parameters.values()), None)
        if first is None or first.name != "context" or first.kind is first.KEYWORD_ONLY:
            raise InvalidTaskType(
                name=name,
                problem="with takes_context its first positional parameter must be 'context'.",
            )


def check_atomic(func: Callable[..., Any], *, name: str, atomic: object) -> None:
    """Refuse `atomic` where no transaction could hold the function.

    Raises:
        InvalidOption: it is neither True nor False.
        InvalidTaskType: it is True for a coroutine function.
    """
    if not isinstance(atomic, bool):
        raise InvalidOption(field="atomic", given=atomic, allowed="True or False")
    if atomic and inspect.iscoroutinefunction(func):
        raise InvalidTaskType(
            name=name,
            problem="atomic=True needs a plain function: a coroutine's database work runs on "
            "other connections than the one whose transaction records its success.",
        )


def nameless(func: Callable[..., Any], *, takes_context: bool) -> str:
    """Why the arguments cannot all be given by name; empty if they can."""
    for item in parameters(func, takes_context=takes_context):
        if item.kind in _NOT_BY_NAME:
            return f"its parameter {item} {_NOT_BY_NAME[item.kind]}: each needs a name."
    return ""

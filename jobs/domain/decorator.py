"""`@task`: how a project declares its task types."""

from collections.abc import Callable
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar, Unpack, overload

from jobs.domain.options import Declaration
from jobs.domain.registry import TaskType
from jobs.domain.running import RunningTask

P = ParamSpec("P")
R = TypeVar("R")


@overload
def task(function: Callable[P, R], /) -> TaskType[P, R]: ...


@overload
def task(
    *, takes_context: Literal[True], **options: Unpack[Declaration]
) -> Callable[[Callable[Concatenate[RunningTask, P], R]], TaskType[P, R]]: ...


@overload
def task(
    *, takes_context: Literal[False] = False, **options: Unpack[Declaration]
) -> Callable[[Callable[P, R]], TaskType[P, R]]: ...


def task(
    function: Callable[..., Any] | None = None,
    /,
    *,
    takes_context: bool = False,
    **options: Unpack[Declaration],
) -> Any:
    """Make a function of a module a task type: `@task`, or `@task(queue_name="high", …)`.

    Args:
        function: The function, where `@task` stands without brackets.
        takes_context: Hand a `RunningTask` to the function as its first argument, `context`.
        options: See `Declaration`.

    Raises:
        TypeError: there is no such option.
        InvalidOption, InvalidTaskType, DuplicateTaskName: it cannot be one as it stands.
    """
    known = Declaration.__annotations__
    if unknown := options.keys() - known.keys():
        allowed = ", ".join(["takes_context", *known])
        raise TypeError(f"task() has no option {sorted(unknown)[0]!r}: it takes {allowed}")

    def declare(func: Callable[..., Any]) -> TaskType[..., Any]:
        return TaskType(func=func, takes_context=takes_context, typed=True, **options)

    return declare if function is None else declare(function)

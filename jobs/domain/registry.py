"""Task types: what they are, and by which name each is found."""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, ParamSpec, Protocol, Self, TypeVar, Unpack, runtime_checkable
from uuid import UUID

from jobs.compat import DEFAULT_TASK_PRIORITY, DEFAULT_TASK_QUEUE_NAME, Task
from jobs.conf import default_timeout_seconds
from jobs.domain.arguments import Arguments, LooseArguments, TypedArguments
from jobs.domain.options import (
    Options,
    check_depends_on,
    check_name,
    check_retries,
    check_tags,
    check_timeout,
    check_unique_key,
)
from jobs.domain.retries import DEFAULT_BACKOFF, Exceptions, RetryPolicy, RetryRules
from jobs.domain.signatures import check_atomic, check_function, nameless
from jobs.exceptions import DuplicateTaskName, InvalidTaskType, UnknownTaskType

P = ParamSpec("P")
R = TypeVar("R")

Call = tuple[Sequence[Any], Mapping[str, Any]]


@runtime_checkable
class BulkBackend(Protocol):
    """A TASKS backend that writes many tasks at once."""

    def enqueue_many(self, task: Any, calls: Iterable[Call]) -> list[str]:
        """Enqueue each call, given as (args, kwargs); all or none. Gives their ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskType(Task[P, R]):
    """A registered function with its options: a Django `Task`, and more.

    Checks its own shape where it is defined, so that a module of tasks can be imported whatever
    the settings say; what only the backend knows is checked by `enqueue` and by `manage.py check`.
    """

    name: str = ""
    """What rows call it; the function's dotted path unless given."""
    aliases: tuple[str, ...] = ()
    """Former names, under which old rows still find it."""
    max_retries: int = 3
    timeout_seconds: float = field(default_factory=default_timeout_seconds)
    backoff: RetryPolicy = DEFAULT_BACKOFF
    retry_on: Exceptions | None = None
    """Only these exceptions are retried; all, if None."""
    dont_retry_on: Exceptions = ()
    """These are never retried."""
    retry_if: Callable[[BaseException], bool] | None = None
    """Asked about what the two above let through: whether to retry."""
    atomic: bool = False
    """The function and the record of its success are one transaction of the default database."""
    internal: bool = False
    """Only code of this project enqueues it: the API, the pages and the shell do not offer it."""
    expires_at: datetime | None = None
    """When a task that still waits is revoked; set by `using()`."""
    tags: Sequence[str] = ()
    """Words by which lists find its tasks; set by `using()`."""
    unique_key: str | None = None
    """Of which at most one task of this type is open; set by `using()`."""
    depends_on: Sequence[UUID | str] = ()
    """What must succeed first; set by `using()`."""
    do_not_call_in_templates: ClassVar[bool] = True
    """Django's templates call what can be called; showing a type must not run its function."""
    typed: bool = False
    """Declared by our own decorator: the signature must be one that arguments can be checked by."""

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", self.module_path)
        check_name("name", self.name)
        check_retries(self.max_retries)
        check_timeout(self.timeout_seconds)
        object.__setattr__(self, "tags", check_tags(self.tags))
        check_unique_key(self.unique_key)
        object.__setattr__(self, "depends_on", check_depends_on(self.depends_on))
        if not registry.holds(self):
            self._check_declaration()
            registry.declare(self)

    def _check_declaration(self) -> None:
        check_function(self.func, name=self.name, takes_context=self.takes_context)
        check_atomic(self.func, name=self.name, atomic=self.atomic)
        RetryRules.of(self.retry_on, self.dont_retry_on, self.retry_if)
        for alias in self.aliases:
            check_name("aliases", alias)
        problem = nameless(self.func, takes_context=self.takes_context)
        if self.typed and problem:
            raise InvalidTaskType(name=self.name, problem=problem)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the function here and now."""
        return self.func(*args, **kwargs)

    def __reduce__(self) -> tuple[Any, ...]:
        registered = registry.get(self.name)
        changes = {
            item.name: getattr(self, item.name)
            for item in fields(self)
            if getattr(self, item.name) != getattr(registered, item.name)
        }
        return _restore, (self.name, changes)

    def using(
        self,
        *,
        priority: int | None = None,
        queue_name: str | None = None,
        run_after: datetime | None = None,
        backend: str | None = None,
        **options: Unpack[Options],
    ) -> Self:
        """A copy with other options; of Django's four, None leaves what there is.

        Args:
            priority: See `Declaration`.
            queue_name: See `Declaration`.
            run_after: Not before then; needs a time zone.
            backend: See `Declaration`.
            options: See `Options`.
        """
        if unknown := options.keys() - Options.__annotations__.keys():
            allowed = ", ".join(
                ["priority", "queue_name", "run_after", "backend", *Options.__annotations__]
            )
            raise TypeError(f"using() has no option {sorted(unknown)[0]!r}: it takes {allowed}")
        given: dict[str, Any] = {
            "priority": priority,
            "queue_name": queue_name,
            "run_after": run_after,
            "backend": backend,
        }
        changes = {key: value for key, value in given.items() if value is not None}
        return replace(self, **changes, **options)

    def enqueue_many(self, calls: Iterable[Call]) -> list[str]:
        """Enqueue each call, given as (args, kwargs); all or none. Gives the ids."""
        backend = self.get_backend()
        if isinstance(backend, BulkBackend):
            return backend.enqueue_many(self, calls)
        return [backend.enqueue(self, list(args), dict(kwargs)).id for args, kwargs in calls]

    @property
    def queue(self) -> str:
        """Where its tasks wait: the queue it names, or the one its priority stands for."""
        if self.queue_name != DEFAULT_TASK_QUEUE_NAME or self.priority == DEFAULT_TASK_PRIORITY:
            return self.queue_name
        return "high" if self.priority > DEFAULT_TASK_PRIORITY else "low"

    @property
    def arguments(self) -> Arguments:
        """Reads and writes its arguments. Raises InvalidTaskType if the signature forbids that."""
        return registry.arguments(self)

    @property
    def retry_rules(self) -> RetryRules:
        """Which of its exceptions are worth another try."""
        return RetryRules.of(self.retry_on, self.dont_retry_on, self.retry_if)

    @property
    def is_async(self) -> bool:
        """Whether the function is a coroutine function."""
        return _is_coroutine_function(self.func)

    @property
    def description(self) -> str:
        """The first line of the function's docstring."""
        return (inspect.getdoc(self.func) or "").partition("\n")[0]


class Registry:
    """Every task type of this process, by name. The only way from a row's name to a function."""

    def __init__(self) -> None:
        self._types: dict[str, TaskType[..., Any]] = {}
        self._aliases: dict[str, str] = {}
        self._arguments: dict[str, Arguments] = {}

    def get(self, name: str) -> TaskType[..., Any]:
        """The task type of this name or former name. Raises UnknownTaskType if there is none."""
        found = self.find(name)
        if found is None:
            raise UnknownTaskType(name=name)
        return found

    def find(self, name: str) -> TaskType[..., Any] | None:
        """As `get`, or None."""
        return self._types.get(name) or self._types.get(self._aliases.get(name, ""))

    def names(self) -> list[str]:
        """The present names, sorted."""
        return sorted(self._types)

    def known_names(self) -> list[str]:
        """The present and the former names, sorted: every row that can be run here has one."""
        return sorted({*self._types, *self._aliases})

    def names_of(self, name: str) -> tuple[str, ...]:
        """The present and the former names of the type that is called so; this one if none is."""
        found = self.find(name)
        return (found.name, *found.aliases) if found else (name,)

    def all(self) -> list[TaskType[..., Any]]:
        """Every task type, sorted by name."""
        return [self._types[name] for name in self.names()]

    def offered(self) -> list[TaskType[..., Any]]:
        """What people and other programs may submit, sorted by name: all but internal ones."""
        return [task_type for task_type in self.all() if not task_type.internal]

    def get_offered(self, name: str) -> TaskType[..., Any]:
        """As `get`, among these."""
        found = self.get(name)
        if found.internal:
            raise UnknownTaskType(name=name)
        return found

    def holds(self, task_type: TaskType[..., Any]) -> bool:
        """Whether this is the registered one or, having the same function, a copy of it."""
        found = self._types.get(task_type.name)
        return found is not None and found.func is task_type.func

    def declare(self, task_type: TaskType[..., Any]) -> None:
        """Take a new task type in; a function that was reloaded takes its old place.

        Raises:
            DuplicateTaskName: another function goes by this name.
        """
        for name in (task_type.name, *task_type.aliases):
            other = self.find(name)
            if other is not None and other.module_path != task_type.module_path:
                raise DuplicateTaskName(
                    name=name, first=other.module_path, second=task_type.module_path
                )
        self._types[task_type.name] = task_type
        self._aliases.update(dict.fromkeys(task_type.aliases, task_type.name))
        self._arguments.pop(task_type.name, None)

    def arguments(self, task_type: TaskType[..., Any]) -> Arguments:
        """See `TaskType.arguments`; built at first use, kept for all copies."""
        found = self._arguments.get(task_type.name)
        if found is None:
            found = self._arguments[task_type.name] = _arguments(task_type)
        return found


@cache
def _is_coroutine_function(func: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(func)


def _arguments(task_type: TaskType[..., Any]) -> Arguments:
    func, name, takes_context = task_type.func, task_type.name, task_type.takes_context
    try:
        return TypedArguments(func, name=name, takes_context=takes_context)
    except InvalidTaskType as error:
        if task_type.typed:
            raise
        reason = str(error.context["problem"])
        return LooseArguments(func, name=name, takes_context=takes_context, reason=reason)


def _restore(name: str, changes: dict[str, Any]) -> TaskType[..., Any]:
    registered = registry.get(name)
    return replace(registered, **changes) if changes else registered


registry = Registry()

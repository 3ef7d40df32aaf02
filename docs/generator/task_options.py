"""`docs/reference/task-options.md`: what `@task` and `using()` take, and `RetryPolicy`."""

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields
from functools import partial
from typing import Any

from docs.generator.markdown import code, page, table
from docs.generator.source import argument_text, attribute_texts, text_below
from jobs import RetryPolicy, task
from jobs.domain.options import (
    Declaration,
    Options,
    check_depends_on,
    check_name,
    check_retries,
    check_tags,
    check_timeout,
    check_unique_key,
)
from jobs.domain.registry import TaskType
from jobs.exceptions import InvalidOption

DECLARING = """\
`@task` without brackets takes the defaults; `@task(queue_name="high", max_retries=5)` says
otherwise. What is not allowed is refused where the module is imported; a queue, priority or backend
that `settings.TASKS` does not have is refused by `manage.py check` and by `enqueue`."""

CALLING = """\
`task_type.using(…)` gives a copy with other options; `enqueue`, `aenqueue` and `enqueue_many` of
that copy use them. What is not given is as the task type has it."""

WAITING = """\
The wait before the n-th retry is `first_seconds * factor ** (n - 1)`, at most `max_seconds`, less
what `jitter` leaves to chance."""

RULES = """\
With tries left, an exception is retried unless `dont_retry_on` has its class, or `retry_on` is
given and has not, or `retry_if` says no. A `retry_if` that raises counts as yes: the tries are
limited anyhow; the fault is in the attempt's log. A time limit counts as `TaskTimeout`, of
`jobs.domain.outcomes`; when a process had to be killed for it, `retry_if` is not asked. `Retry`,
`Snooze` and `Discard` raised by a task are its own decision, and a worker's death is not the task's
doing: none of the three is asked about those."""

ATOMIC = """\
With `atomic=True` the function runs in a transaction of the default database, which also records
its success: its rows and its end are committed together, exactly once, wherever a process, a
connection or a lease is cut off. When it raises, or somebody else took the task over meanwhile, its
rows are rolled back. What it does elsewhere (mail, files, other databases) is not covered; what is
to follow the commit goes into `transaction.on_commit`, and an error there is logged, the task is
done. Coroutine functions are refused. Keep it short: on PostgreSQL it holds its row locks, on
SQLite **the only write lock**, so that every other write of the site waits meanwhile. There
atomic tasks run one at a time, for 10 s and a third of `LEASE_SECONDS` at most, whatever their time
limit, with a pause after each for as long as it took, up to 0.3 s, to let others write."""

#: The check that knows what an option may hold.
CHECKS: dict[str, Callable[[object], object]] = {
    "name": lambda given: check_name("name", given),
    "aliases": lambda given: check_name("aliases", given),
    "max_retries": check_retries,
    "timeout_seconds": check_timeout,
    "tags": check_tags,
    "depends_on": check_depends_on,
    "unique_key": lambda given: check_unique_key("" if given is None else given),
}
ALLOWED_IN_WORDS = {
    "queue_name": "a queue of `settings.TASKS`",
    "priority": "a whole number from -100 to 100",
    "backend": "a key of `settings.TASKS`",
    "backoff": "a `RetryPolicy`, see below",
    "retry_on": "exception classes",
    "dont_retry_on": "exception classes",
    "retry_if": "a plain function",
    "atomic": "True or False",
}
DEFAULTS_IN_WORDS = {
    "name": "the function's dotted path",
    "timeout_seconds": '`JOBS["TIMEOUT_SECONDS"]`',
}


def content() -> str:
    """The page."""
    head = ["option", "type", "default", "allowed", "means"]
    return page(
        "Options of tasks",
        "## Where a task type is declared",
        DECLARING,
        table(head, _declared()),
        "## For one call",
        CALLING,
        table(["option", "type", "allowed", "means"], _for_one_call()),
        "## `RetryPolicy`",
        WAITING,
        table(["field", "default", "allowed", "means"], _policy()),
        "## Which exceptions are retried",
        RULES,
        "## `atomic`",
        ATOMIC,
    )


def _declared() -> list[list[str]]:
    texts = attribute_texts(Declaration)
    defaults = {item.name: item for item in fields(TaskType)}
    rows = []
    for name in texts:
        default = DEFAULTS_IN_WORDS.get(name) or _default(defaults[name])
        kind = Declaration.__annotations__[name]
        rows.append([code(name), _type_name(kind), default, _allowed(name), texts[name]])
    context = inspect.signature(task).parameters["takes_context"]
    text = argument_text(task, "takes_context")
    rows.append([code("takes_context"), "bool", code(context.default), "", text])
    return rows


def _for_one_call() -> list[list[str]]:
    texts = attribute_texts(Declaration) | attribute_texts(Options)
    kinds = Declaration.__annotations__ | Options.__annotations__
    own = [name for name in inspect.signature(TaskType.using).parameters if name != "self"]
    rows = []
    for name in [*own, *Options.__annotations__]:
        if name == "options":
            continue
        text = texts.get(name) or argument_text(TaskType.using, name)
        kind = _type_name(kinds[name]) if name in kinds else "datetime"
        rows.append([code(name), kind, _allowed(name), text])
    return rows


def _policy() -> list[list[str]]:
    return [
        [
            code(item.name),
            code(item.default),
            _refusal(partial(_policy_with, item.name)),
            text_below(RetryPolicy, item.name),
        ]
        for item in fields(RetryPolicy)
    ]


def _policy_with(field: str, given: float) -> RetryPolicy:
    return RetryPolicy(**{field: given})


def _allowed(name: str) -> str:
    return _refusal(CHECKS[name]) if name in CHECKS else ALLOWED_IN_WORDS.get(name, "")


def _refusal(check: Callable[[Any], object]) -> str:
    """What a check says is allowed, when it refuses None."""
    try:
        check(None)
    except InvalidOption as error:
        return str(error.context["allowed"])
    raise TypeError(f"{check!r} refuses nothing")


def _default(item: Any) -> str:
    if item.default is MISSING:
        raise TypeError(f"{item.name} has no default that can be shown")
    if isinstance(item.default, RetryPolicy):
        return code("RetryPolicy()")
    return code(repr(item.default))


def _type_name(kind: Any) -> str:
    name = kind.__name__ if isinstance(kind, type) and not getattr(kind, "__args__", ()) else kind
    return str(name).replace("datetime.datetime", "datetime")

"""What a start refuses."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.core.management import get_commands
from django.test import override_settings

from jobs import task
from jobs.compat import task_backends
from jobs.domain.registry import Registry, TaskType

if TYPE_CHECKING:
    from nowhere import Unknown

IMMEDIATE = f"{type(task_backends).__module__}.backends.immediate.ImmediateBackend"


def good(x: int, y: int = 1) -> None: ...


def lost(x: "Unknown") -> None: ...


def unserialisable(x: Any = object()) -> None: ...  # noqa: B008


def collects(*args: int) -> None: ...


async def coroutine(x: int) -> None: ...


def found() -> list[tuple[str | None, str]]:
    return [
        (message.id, message.msg)
        for message in run_checks(databases=[])
        if str(message.id)[:5] == "jobs."
    ]


def test_the_product_itself_is_clean() -> None:
    assert found() == []


@pytest.mark.parametrize("func", [good, coroutine])
def test_a_good_task_type_is_accepted(func: Callable[..., Any], own_registry: Registry) -> None:
    task(queue_name="low", priority=5)(func)
    assert found() == []


def test_a_backend_that_writes_no_row_is_refused(own_registry: Registry) -> None:
    # given settings without our backend, which would run the task inside enqueue()
    task(name="tests.good")(good)

    # then the start says so
    with override_settings(TASKS={"default": {"BACKEND": IMMEDIATE}}):
        ((code, words),) = found()
    assert code == "jobs.E001"
    assert "'tests.good'" in words
    assert "ImmediateBackend: enqueue() would write no row" in words


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"queue_name": "nowhere"}, "'nowhere' is not valid"),
        ({"priority": 101}, "whole number between -100 and 100"),
        ({"backend": "nowhere"}, "nowhere"),
    ],
)
def test_what_the_backend_would_refuse_is_refused_at_start(
    options: dict[str, Any], words: str, own_registry: Registry
) -> None:
    task(name="tests.good", **options)(good)
    ((code, said),) = found()
    assert code == "jobs.E001"
    assert words in said


def test_a_priority_without_its_queue_is_refused(own_registry: Registry) -> None:
    # given a backend that has no queue for urgent tasks
    task(name="tests.good", priority=1)(good)
    tasks = {"default": settings.TASKS["default"] | {"QUEUES": ["default"]}}

    # then
    with override_settings(TASKS=tasks):
        ((code, words),) = found()
    assert code == "jobs.E001"
    assert "Priority 1 stands for queue 'high'" in words


def test_a_stock_worker_command_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # given django_rq before jobs in INSTALLED_APPS
    monkeypatch.setitem(get_commands(), "rqworker", "django_rq")

    # then
    ((code, words),) = found()
    assert code == "jobs.E002"
    assert "'django_rq'" in words


def test_a_default_that_cannot_be_stored_is_refused(own_registry: Registry) -> None:
    task(name="tests.bad")(unserialisable)
    ((code, words),) = found()
    assert code == "jobs.E003"
    assert "'tests.bad': the default of 'x'" in words


def test_an_annotation_that_does_not_exist_is_refused(own_registry: Registry) -> None:
    task(name="tests.bad")(lost)
    ((code, words),) = found()
    assert code == "jobs.E004"
    assert "'Unknown'" in words


@pytest.mark.parametrize("func", [collects, lost])
def test_djangos_own_task_works_with_a_warning_where_types_cannot_be_checked(
    func: Callable[..., Any], own_registry: Registry
) -> None:
    # given a task declared as Django's decorator does it
    declared = TaskType(func=func, name="tests.loose")

    # then it is only warned about, and takes any argument that can be called
    ((code, _),) = found()
    assert code == "jobs.W001"
    assert declared.arguments.encode((1,), {}) == ("[1]", "{}")

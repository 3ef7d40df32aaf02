"""Task types: declared, found, copied, changed."""

import copy
import importlib
import pickle
import subprocess
import sys
import types
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jobs import RetryPolicy, task
from jobs.compat import Task as DjangoTask
from jobs.domain.registry import Registry, TaskType, registry
from jobs.exceptions import (
    DuplicateTaskName,
    InvalidOption,
    InvalidTaskType,
    UnknownTaskType,
)

ROOT = Path(__file__).resolve().parents[2]


@task(name="tests.types.mail", aliases=("tests.types.post",), queue_name="high")
def mail(to: str, count: int = 1) -> str:
    """Send it.

    At length.
    """
    return f"{to}:{count}"


@task
async def slow(x: int) -> int:
    return x


def plain(x: int) -> int:
    return x


def other(x: int) -> int:
    return x


def with_context(context: object, x: int) -> None: ...


def context_by_name(*, context: object) -> None: ...


def context_elsewhere(x: int, context: object) -> None: ...


def collects(*args: int) -> None: ...


nameless = lambda: None  # noqa: E731


def test_a_task_type_is_a_django_task() -> None:
    assert isinstance(mail, DjangoTask)
    assert isinstance(mail, TaskType)


def test_options_are_what_was_given_and_else_the_defaults() -> None:
    assert (mail.name, mail.queue, mail.max_retries) == ("tests.types.mail", "high", 3)
    assert mail.timeout_seconds == 300
    assert mail.description == "Send it."
    assert slow.name == f"{__name__}.slow"
    assert slow.is_async
    assert not mail.is_async


def test_calling_it_calls_the_function() -> None:
    assert mail("a", count=2) == "a:2"


def test_it_is_found_by_its_name_and_its_former_name() -> None:
    assert registry.get("tests.types.mail") is mail
    assert registry.get("tests.types.post") is mail
    assert "tests.types.post" not in registry.names()
    assert "tests.types.post" in registry.known_names()
    assert registry.find("tests.types.none") is None
    with pytest.raises(UnknownTaskType, match=r"no task type 'tests.types.none'"):
        registry.get("tests.types.none")


def test_all_are_listed_by_name() -> None:
    names = [task_type.name for task_type in registry.all()]
    assert names == sorted(names) == registry.names()


def test_using_gives_a_changed_copy_and_leaves_the_registered_one() -> None:
    # when options are changed for one call
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    changed = mail.using(max_retries=0, timeout_seconds=5, run_after=moment, priority=7)

    # then only the copy has them
    assert (changed.max_retries, changed.timeout_seconds, changed.run_after) == (0, 5, moment)
    assert (mail.max_retries, mail.timeout_seconds, mail.run_after) == (3, 300, None)
    assert registry.get("tests.types.mail") is mail
    assert changed.arguments is mail.arguments


def test_a_back_off_is_the_types_and_cannot_be_changed_for_one_call() -> None:
    # a row does not keep it, so a worker would not know
    with pytest.raises(TypeError, match=r"using\(\) has no option 'backoff': it takes priority, "):
        mail.using(backoff=RetryPolicy(jitter=0))  # type: ignore[call-arg]


def test_none_leaves_djangos_options_but_clears_ours() -> None:
    # given a copy with a moment and an expiry
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    changed = mail.using(run_after=moment, expires_at=moment)

    # when both are given as None
    again = changed.using(run_after=None, expires_at=None)

    # then Django's stays, as Django has it, and ours goes
    assert (again.run_after, again.expires_at) == (moment, None)


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))]
)
def test_copies_and_pickles_are_equal_and_the_registered_one_is_itself(
    again: Callable[[Any], Any],
) -> None:
    changed = mail.using(max_retries=9, timeout_seconds=5)
    assert again(mail) is mail
    assert again(changed) == changed
    assert hash(again(changed)) == hash(changed)
    assert changed != mail


def test_attributes_cannot_be_set_nor_invented() -> None:
    with pytest.raises(AttributeError):
        mail.max_retries = 4  # type: ignore[misc]
    assert not hasattr(mail, "__dict__")


@pytest.mark.parametrize(
    ("options", "queue"),
    [
        ({}, "default"),
        ({"priority": 1}, "high"),
        ({"priority": 100}, "high"),
        ({"priority": -1}, "low"),
        ({"priority": -100, "queue_name": "high"}, "high"),
        ({"priority": 100, "queue_name": "low"}, "low"),
    ],
)
def test_priority_stands_for_a_queue_unless_one_is_named(
    options: dict[str, Any], queue: str
) -> None:
    assert slow.using(**options).queue == queue


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"max_retries": -1}, "max_retries"),
        ({"max_retries": True}, "max_retries"),
        ({"max_retries": 1001}, "max_retries"),
        ({"timeout_seconds": 0}, "timeout_seconds"),
        ({"timeout_seconds": float("inf")}, "timeout_seconds"),
        ({"timeout_seconds": "5"}, "timeout_seconds"),
    ],
)
def test_an_option_out_of_bounds_is_refused_wherever_it_is_given(
    options: dict[str, Any], field: str, own_registry: Registry
) -> None:
    for give in (mail.using, lambda **given: task(**given)(plain)):
        with pytest.raises(InvalidOption) as refusal:
            give(**options)
        assert refusal.value.context["field"] == field
    assert own_registry.names() == []


@pytest.mark.parametrize("name", ["x" * 201, " x", "a\nb", 7])
def test_a_name_that_no_column_or_page_can_hold_is_refused(
    name: Any, own_registry: Registry
) -> None:
    with pytest.raises(InvalidOption, match="1 to 200 printable characters"):
        task(name=name)(plain)


def test_an_unknown_option_is_refused_with_those_that_exist() -> None:
    with pytest.raises(TypeError, match=r"no option 'maxretries': it takes .*max_retries"):
        mail.using(maxretries=1)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"no option 'run_after': it takes .*max_retries"):
        task(run_after=datetime.now(UTC))(plain)  # type: ignore[call-overload]


def test_two_functions_of_one_name_are_refused_with_both_paths(own_registry: Registry) -> None:
    # given a name that is taken
    task(name="tests.taken")(plain)

    # then no other function may have it, not even as a former name
    both = r"plain and .*other"
    with pytest.raises(DuplicateTaskName, match=both):
        task(name="tests.taken")(other)
    with pytest.raises(DuplicateTaskName, match=both):
        task(name="tests.free", aliases=("tests.taken",))(other)
    assert own_registry.names() == ["tests.taken"]


def test_a_reloaded_module_replaces_its_task_types(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_registry: Registry
) -> None:
    # given a module that was imported
    source = tmp_path / "reloaded_tasks.py"
    monkeypatch.syspath_prepend(tmp_path)
    source.write_text("from jobs import task\n@task(name='again')\ndef again(x: int): ...\n")
    module = importlib.import_module("reloaded_tasks")
    assert own_registry.get("again").arguments.json_schema()["required"] == ["x"]

    # when it is edited and imported again, as a development server does
    source.write_text("from jobs import task\n@task(name='again')\ndef again(why: int): ...\n")
    importlib.invalidate_caches()
    monkeypatch.delitem(sys.modules, "reloaded_tasks")
    module = importlib.import_module("reloaded_tasks")

    # then the new function, and its arguments, are the ones that count
    assert own_registry.get("again") is module.again
    assert own_registry.get("again").arguments.json_schema()["required"] == ["why"]


def test_functions_that_a_worker_could_not_find_are_refused(own_registry: Registry) -> None:
    def inner() -> None: ...

    for func in (inner, nameless, len, Path):
        with pytest.raises(InvalidTaskType, match="defined at module level"):
            task(name="tests.bad")(func)


def test_a_module_run_as_a_program_is_refused_with_the_reason(own_registry: Registry) -> None:
    # given a function as `python -m shop.tasks` would define it
    func = types.FunctionType(plain.__code__, {}, "plain")
    func.__module__ = "__main__"

    # then
    with pytest.raises(InvalidTaskType, match="run as a program"):
        task(name="tests.bad")(func)


@pytest.mark.parametrize("func", [plain, context_by_name, context_elsewhere])
def test_a_function_that_takes_context_takes_it_first(
    func: Callable[..., Any], own_registry: Registry
) -> None:
    with pytest.raises(InvalidTaskType, match="first positional parameter must be 'context'"):
        task(takes_context=True)(func)


def test_the_decorator_refuses_what_it_could_not_check(own_registry: Registry) -> None:
    with pytest.raises(InvalidTaskType, match=r"\*args.*each needs a name"):
        task(collects)


def test_the_package_can_be_imported_without_settings_and_reaches_no_models() -> None:
    # when a fresh process without settings imports it and declares a task type
    program = (
        "import sys, jobs\n"
        "sys.path.insert(0, 'tests/support')\n"
        "import settings_free\n"
        "assert settings_free.later.timeout_seconds == 300\n"
        "assert not [name for name in sys.modules if name.startswith('jobs.models')]\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PATH": "", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    # then it works
    assert (done.returncode, done.stderr) == (0, "")

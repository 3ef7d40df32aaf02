"""Which failures are taken for the same."""

import json
from collections.abc import Callable

import pytest

from jobs.domain.fingerprint import (
    DEPENDENCY_FAILED,
    FINGERPRINT,
    LOST,
    FailureGroup,
    group_of,
    top_frame,
)

MODULE = __name__


class Shop:
    def charge(self, text: str) -> None:
        json.loads(text)


def raised(call: Callable[[], object]) -> BaseException:
    try:
        call()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def compiled(source: str, *, module: str = "shop.orders", path: str = "/srv/shop/orders.py"):
    names = {"__name__": module}
    exec(compile(source, path, "exec"), names)
    return names["run"]


def test_the_innermost_function_of_the_application_is_the_place():
    error = raised(lambda: Shop().charge("{"))

    assert top_frame(error) == f"{MODULE}:Shop.charge"


def test_lines_that_move_keep_the_group():
    before = raised(compiled("def run():\n    raise KeyError(1)"))
    after = raised(compiled("\n\n# new\ndef run():\n    x = 1\n    raise KeyError(x)"))

    assert group_of("t", before) == group_of("t", after)


def test_another_folder_of_the_same_release_keeps_the_group():
    here = raised(compiled("def run(): raise KeyError", path="/srv/a/shop/orders.py"))
    there = raised(compiled("def run(): raise KeyError", path="/srv/b/shop/orders.py"))

    assert group_of("t", here).fingerprint == group_of("t", there).fingerprint


def test_messages_are_no_part():
    call = compiled("def run(number): raise ValueError(f'order {number}')")

    one, other = (group_of("t", raised(lambda n=n: call(n))) for n in (1, 2))

    assert one == other


@pytest.mark.parametrize(
    "other",
    [
        FailureGroup("other", "builtins.KeyError", "shop:run"),
        FailureGroup("t", "builtins.ValueError", "shop:run"),
        FailureGroup("t", "builtins.KeyError", "shop:walk"),
        FailureGroup("t", "builtins.KeyErrorshop:run", ""),
    ],
)
def test_type_exception_and_place_each_make_another_group(other):
    group = FailureGroup("t", "builtins.KeyError", "shop:run")

    assert group.fingerprint != other.fingerprint


def test_a_fingerprint_is_the_same_for_ever():
    group = FailureGroup("shop.charge", "builtins.KeyError", "shop.orders:run")

    assert group.fingerprint == "4bcdfff73a07908b"
    assert FINGERPRINT.fullmatch(group.fingerprint)


def test_an_installed_function_counts_where_nothing_else_does():
    call = compiled(
        "def run(): inner()\ndef inner(): raise KeyError",
        module="mailer.tasks",
        path="/srv/env/lib/python3.11/site-packages/mailer/tasks.py",
    )

    assert top_frame(raised(call)) == f"{MODULE}:raised"
    error = raised(call)
    error.__traceback__ = error.__traceback__.tb_next
    assert top_frame(error) == "mailer.tasks:run"


def test_the_queue_itself_is_never_the_place():
    call = compiled("def run(): raise KeyError", module="jobs.worker.executors")
    error = raised(call)
    error.__traceback__ = error.__traceback__.tb_next

    assert top_frame(error) == ""


def test_an_exception_without_a_traceback_has_no_place():
    assert top_frame(KeyError()) == ""


def test_a_name_that_no_column_takes_is_made_one():
    class Odd(Exception):
        __qualname__ = "Odd"

    Odd.__qualname__ = "half \ud800"

    assert group_of("t", raised(lambda: _throw(Odd()))).fingerprint


def _throw(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize(
    ("group", "title"),
    [
        (FailureGroup("t", "builtins.KeyError", "shop:run"), "KeyError in shop:run"),
        (FailureGroup("t", "builtins.KeyError"), "KeyError"),
        (FailureGroup("t", LOST), "Its worker was lost"),
        (
            FailureGroup("t", DEPENDENCY_FAILED, "shop.charge"),
            "A task that it depends on failed: shop.charge",
        ),
    ],
)
def test_a_group_has_a_title(group, title):
    assert group.title == title

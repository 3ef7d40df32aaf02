"""Fixtures of tests that start the product's processes."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.stack import RunningStack
from tests.support.stack import home as stack_home
from tests.support.user import User


@pytest.fixture
def home(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a stack that is started more than once: its folder and its database."""
    with stack_home(tmp_path / "data") as variables:
        yield variables


@pytest.fixture
def as_user() -> Iterator[Callable[[RunningStack], User]]:
    """Makes users, who have left at the end."""
    with ExitStack() as leaving:

        def come(stack: RunningStack) -> User:
            user = User(stack)
            leaving.callback(user.http.close)
            return user

        yield come

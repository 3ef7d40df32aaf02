"""Fixtures of tests that start the product's processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stack import home as stack_home


@pytest.fixture
def home(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a stack that is started more than once: its folder and its database."""
    with stack_home(tmp_path / "data") as variables:
        yield variables

"""What is derived from the code says what the code says."""

from pathlib import Path

import pytest

from docs.generator.files import FILES
from docs.generator.source import Undocumented, argument_text, text_below

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize("name", FILES)
def test_a_generated_file_is_what_the_code_says(name: str) -> None:
    assert (ROOT / name).read_text() == FILES[name](), f"run `make docs`: {name} is out of date"


def test_every_page_that_calls_itself_generated_is() -> None:
    pages = {
        path for path in (ROOT / "docs").rglob("*.md") if "make docs" in path.read_text()[:200]
    }
    assert pages == {ROOT / name for name in FILES if name.endswith(".md")}


class Documented:
    told: int = 1
    """Above all."""
    untold: int = 2


class Heir(Documented):
    told: int = 3
    """In other words."""
    further: int = 4
    """Beside it."""


def explained(given: int, other: int) -> None:
    """Do something.

    Args:
        given: What is given.
    """


def test_the_text_below_an_attribute_is_found_also_in_the_base() -> None:
    assert text_below(Documented, "told") == "Above all."
    assert text_below(Heir, "told") == "In other words."
    assert text_below(Heir, "further") == "Beside it."
    assert argument_text(explained, "given") == "What is given."


def test_what_the_source_does_not_explain_cannot_be_published() -> None:
    with pytest.raises(Undocumented, match=r"Documented\.untold has no text below it"):
        text_below(Documented, "untold")
    with pytest.raises(Undocumented, match="explained has no line for other"):
        argument_text(explained, "other")

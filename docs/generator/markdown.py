"""The pieces that generated pages are made of."""

from collections.abc import Iterable, Sequence

NOTICE = "<!-- Written by `make docs` from the code: change the code, then run it. -->"


def page(title: str, *parts: str) -> str:
    """A whole page."""
    return "\n\n".join([f"# {title}", NOTICE, *parts]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells are Markdown, only the bar needs care."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines
    )


def code(text: object) -> str:
    """Text as code, nothing for an empty one."""
    return f"`{text}`" if str(text) else ""

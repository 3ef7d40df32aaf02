"""`.env.example`: every environment variable as a remark, with what it means and may hold."""

import textwrap

from docs.generator.settings import meaning_of
from taskqueue_site.variables import SECTIONS

WIDTH = 98
INTRODUCTION = """\
Written by `make docs` from taskqueue_site/variables.py.

Copy to `.env`: `make up` and `manage.py` read it, and so does docker compose. What the environment
already has wins. Each line below shows the default."""


def content() -> str:
    """The file."""
    parts = ["\n#\n".join(_remark(part) for part in INTRODUCTION.split("\n\n"))]
    for title, variables in SECTIONS.items():
        parts.append(f"# --- {title} ".ljust(94, "-"))
        for variable in variables:
            words = f"{meaning_of(variable)} Allowed: {variable.allowed}."
            if variable.without:
                words += f" Default: {variable.without}."
            parts.append(f"{_remark(words)}\n#{variable.name}={variable.shown}")
    return "\n\n".join(parts) + "\n"


def _remark(words: str) -> str:
    return textwrap.fill(
        " ".join(words.split()),
        WIDTH,
        initial_indent="# ",
        subsequent_indent="# ",
        break_long_words=False,
        break_on_hyphens=False,
    )

"""`python -m tests.support.walk PAGE`: do what a page says, inside the Django project we are in.

Interpreter sessions share their names and must answer as the page shows; shell blocks must succeed.
Exit status 1 when something is not as the page says.
"""

import doctest
import subprocess
import sys
from typing import Any

import django

from tests.support.pages import blocks

OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def walk(page: str) -> bool:
    """Whether everything was as the page says; what was not is printed."""
    names: dict[str, Any] = {"__name__": "walk"}
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    for language, text in blocks(page):
        if language == "sh":
            subprocess.run(["bash", "-ec", text], check=True)
        elif language == "pycon":
            session = doctest.DocTestParser().get_doctest(text, names, page, page, 0)
            runner.run(session, clear_globs=False)
            names = session.globs
    return runner.tries > 0 and runner.failures == 0


if __name__ == "__main__":
    django.setup()
    sys.exit(0 if walk(sys.argv[1]) else 1)

"""`docs/reference/settings.md`: the environment's variables, and the keys of settings.JOBS."""

from dataclasses import fields
from typing import Any

from docs.generator.markdown import code, page, table
from docs.generator.source import text_below
from jobs.conf import Conf, allowed_in_words
from taskqueue_site.variable_kinds import Variable
from taskqueue_site.variables import SECTIONS

INTRODUCTION = """\
A bad value stops the start with one line that names the variable or key, what was given and what
is allowed. `.env.example` in the project's root has all variables, to be copied to `.env`."""

ABOUT_VARIABLES = """\
`manage.py` and `make up` read them from the environment and, where it says nothing, from the file
`.env`; `ENV_FILE` names another file. A variable that is set but empty counts as unset."""

ABOUT_JOBS = """\
`settings.JOBS` is a dictionary that may have these keys. The settings of this project set those
that are also environment variables, and `ANONYMOUS_ACCESS`: true in development, false in
production."""


def content() -> str:
    """The page."""
    parts = [INTRODUCTION, "## Environment variables", ABOUT_VARIABLES]
    for title, variables in SECTIONS.items():
        head = ["variable", "default", "allowed", "means"]
        parts += [f"### {title}", table(head, map(_variable_row, variables))]
    head = ["key", "type", "default", "allowed", "means"]
    parts += ["## The keys of `settings.JOBS`", ABOUT_JOBS, table(head, _keys())]
    return page("Settings", *parts)


def meaning_of(variable: Variable[Any]) -> str:
    """What a variable means; one that sets a key of `settings.JOBS` means what the key does."""
    return variable.meaning or text_below(Conf, variable.name.lower())


def _variable_row(variable: Variable[Any]) -> list[str]:
    default = variable.without or code(variable.shown)
    return [code(variable.name), default, variable.allowed, meaning_of(variable)]


def _keys() -> list[list[str]]:
    return [
        [
            code(item.name.upper()),
            type(item.default).__name__,
            code(repr(item.default)),
            allowed_in_words(type(item.default), item.metadata),
            text_below(Conf, item.name),
        ]
        for item in fields(Conf)
    ]

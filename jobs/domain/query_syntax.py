"""How a search is spelled: `-field:value,"a value"`, spaces between, and words by themselves."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from jobs.exceptions import InvalidSearch

MOST_CHARACTERS = 1000
MOST_CONDITIONS = 20
MOST_VALUES = 50
#: Characters of what was given that an error quotes.
QUOTED = 40

_SPACE = re.compile(r"\s*")
_FIELD = re.compile(r'([^\s:<>=,"]+)(:|[<>]=?|=)')
_PLAIN = re.compile(r'[^\s,"]+')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Value:
    """A value without its quotes, and where it begins: `at` counts characters from 0."""

    text: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One condition as it is spelled; without a field it is values alone."""

    at: int
    negated: bool
    field: str
    field_at: int
    sign: str
    sign_at: int
    values: tuple[Value, ...]


def wrong(at: int, problem: str) -> InvalidSearch:
    """The error at a character, which counts from 0 here and from 1 for the reader."""
    return InvalidSearch(position=at + 1, problem=problem)


def quoted(given: str) -> str:
    """What was given, in quotes and not at any length."""
    return repr(given if len(given) <= QUOTED else f"{given[:QUOTED]}…")


def terms(text: str) -> list[Term]:
    """The conditions of a search, in order. InvalidSearch says where it goes wrong."""
    if len(text) > MOST_CHARACTERS:
        raise wrong(
            MOST_CHARACTERS,
            f"a search has at most {MOST_CHARACTERS:,} characters, not {len(text):,}",
        )
    if "\0" in text:
        raise wrong(text.index("\0"), "the character NUL is not allowed")
    found = list(_terms(text))
    if len(found) > MOST_CONDITIONS:
        raise wrong(
            found[MOST_CONDITIONS].at,
            f"a search has at most {MOST_CONDITIONS} conditions, not {len(found)}",
        )
    values = [value for term in found for value in term.values]
    if len(values) > MOST_VALUES:
        raise wrong(
            values[MOST_VALUES].at, f"a search has at most {MOST_VALUES} values, not {len(values)}"
        )
    return found


def _terms(text: str) -> Iterator[Term]:
    at = _after_space(text, 0)
    while at < len(text):
        negated = text[at] == "-"
        field_at = at + negated
        found = _FIELD.match(text, field_at)
        field, sign = found.groups() if found else ("", "")
        sign_at = field_at + len(field)
        values = tuple(_values(text, sign_at + len(sign)))
        yield Term(
            at=at,
            negated=negated,
            field=field,
            field_at=field_at,
            sign=sign,
            sign_at=sign_at,
            values=values,
        )
        at = _after_space(text, _end_of_value(text, values[-1].at))


def _values(text: str, at: int) -> Iterator[Value]:
    while True:
        end = _end_of_value(text, at)
        value = text[at:end]
        if value.startswith('"'):
            value = _ESCAPE.sub(r"\1", value[1:-1])
        if not value.strip():
            raise wrong(at, "a value must not be empty")
        yield Value(value, at)
        if end == len(text) or text[end].isspace():
            return
        if text[end] != ",":
            raise wrong(end, "a space or a comma must follow a value: quote the whole of it")
        at = end + 1


def _end_of_value(text: str, at: int) -> int:
    if text.startswith('"', at):
        found = _QUOTED.match(text, at)
        if found is None:
            raise wrong(at, "this quote is not closed")
        return found.end()
    found = _PLAIN.match(text, at)
    if found is None:
        raise wrong(at, "a value is missing")
    return found.end()


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at

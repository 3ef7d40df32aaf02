"""Rows as files that are written while they are read: CSV, or lines of JSON in one list."""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

Line = list[Any]
#: Spreadsheets take a cell that begins so for a formula, and run it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
#: Lines that are sent together.
BLOCK = 200


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def as_csv(lines: Iterable[Line]) -> Iterator[bytes]:
    """The lines as RFC 4180 says, in UTF-8, some of them at a time.

    No cell begins like a formula: such a text gets an apostrophe before it, as spreadsheets do it
    themselves. Numbers stay as they are.
    """
    writer = csv.writer(_Echo())
    return _blocks(writer.writerow([cell(value) for value in line]).encode() for line in lines)


def as_json(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """One JSON list, a row a line."""
    return _blocks(_json(rows))


def _json(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    before = b"["
    for row in rows:
        yield before + b"\n" + orjson.dumps(row)
        before = b","
    yield b"]\n" if before == b"," else b"[]\n"


def cell(value: object) -> str:
    """A value as a cell of a sheet: nothing is empty, a list or an object is JSON."""
    match value:
        case None:
            return ""
        case bool() | dict() | list():
            return _harmless(orjson.dumps(value).decode())
        case int() | float():
            return str(value)
    return _harmless(str(value).replace("\0", "\\0"))


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _blocks(parts: Iterable[bytes]) -> Iterator[bytes]:
    block: list[bytes] = []
    for part in parts:
        block.append(part)
        if len(block) == BLOCK:
            yield b"".join(block)
            block.clear()
    if block:
        yield b"".join(block)

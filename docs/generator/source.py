"""What the source says beside the code: the text below an attribute, the lines of `Args:`."""

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Callable
from itertools import pairwise
from typing import Any

_ARGUMENT = re.compile(r"^    (\w+): (.+)$", re.MULTILINE)


class Undocumented(Exception):
    """The source says nothing about something that a page must show."""


def attribute_texts(cls: type) -> dict[str, str]:
    """Attribute -> the text that stands below it, for a class and its bases of the same module."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    if not isinstance(body, ast.ClassDef):
        raise TypeError(f"{cls!r} is not a class")
    found: dict[str, str] = {}
    for statement, following in pairwise(body.body):
        match statement, following:
            case (
                ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found[name] = " ".join(text.split())
    for base in body.bases:  # as the source has them: a TypedDict forgets its own
        neighbour = getattr(sys.modules[cls.__module__], ast.unparse(base), None)
        if isinstance(neighbour, type) and neighbour.__module__ == cls.__module__:
            found |= {**attribute_texts(neighbour), **found}
    return found


def text_below(cls: type, name: str) -> str:
    """What stands below one attribute. Raises Undocumented if nothing does."""
    try:
        return attribute_texts(cls)[name]
    except KeyError:
        raise Undocumented(f"{cls.__qualname__}.{name} has no text below it") from None


def argument_text(function: Callable[..., Any], name: str) -> str:
    """The line of a function's `Args:` for one argument. Raises Undocumented if it has none."""
    lines: dict[str, str] = dict(_ARGUMENT.findall(inspect.getdoc(function) or ""))
    try:
        return lines[name]
    except KeyError:
        raise Undocumented(f"{function.__qualname__} has no line for {name}") from None


def first_line(thing: object) -> str:
    """The first line of a docstring."""
    return (inspect.getdoc(thing) or "").partition("\n")[0]

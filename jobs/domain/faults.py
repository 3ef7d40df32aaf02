"""What is wrong with arguments, in words a caller can act on."""

from collections.abc import Sequence

from pydantic import ValidationError
from pydantic_core import from_json

Fault = dict[str, str]


def faults_of(error: ValidationError, text: str | bytes, *, allowed: Sequence[str]) -> list[Fault]:
    """One `{"field", "message"}` for each place of the JSON text that was refused.

    `allowed` are the names of the parameters. Where an annotation offers several types, the
    reasons why none of them fits are put into one message.
    """
    try:
        given = from_json(text)
    except ValueError:
        given = None
    messages: dict[str, list[str]] = {}
    for detail in error.errors(include_url=False, include_input=False):
        message = detail["msg"]
        if detail["type"] == "extra_forbidden" and len(detail["loc"]) == 1:
            message = f"There is no such argument; there are: {', '.join(allowed) or 'none'}"
        field = _field(detail["loc"], given, is_missing=detail["type"] == "missing")
        messages.setdefault(field, []).append(message)
    return [
        {"field": field, "message": "; or: ".join(dict.fromkeys(reasons))}
        for field, reasons in messages.items()
    ]


def _field(location: Sequence[int | str], given: object, *, is_missing: bool) -> str:
    """The path as it stands in the JSON: without the names of types that pydantic puts into it."""
    path = []
    for number, part in enumerate(location, start=1):
        found, inner = _step(given, part)
        if found:
            given = inner
        elif not (is_missing and number == len(location)):
            continue
        path.append(str(part))
    return ".".join(path)


def _step(given: object, part: int | str) -> tuple[bool, object]:
    if isinstance(given, dict) and part in given:
        return True, given[part]
    if isinstance(given, list) and isinstance(part, int) and part < len(given):
        return True, given[part]
    return False, None

"""JSON that every layer can store and read back alike; text that every database can hold."""

import re

from pydantic_core import PydanticSerializationError, from_json, to_json

from jobs.exceptions import PayloadError, PayloadTooLarge

MAX_DEPTH = 64
#: The longest whole number that Python reads back from text.
MAX_DIGITS = 4300

#: A NUL as JSON escapes it: the backslash before the u is not itself escaped.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_TOO_DEEP = f"it is nested deeper than {MAX_DEPTH} levels"


def encode(value: object, *, limit_bytes: int) -> bytes:
    """The value as compact JSON text.

    Dates, decimals, UUIDs, enums, dataclasses, sets and the like are written as pydantic does.

    Raises:
        PayloadTooLarge: the text is longer than `limit_bytes`.
        PayloadError: the value has no JSON form, or one that some layer would refuse or change:
            a NUL, half of a surrogate pair, NaN, an infinity (1e400 is one), a number of more than
            4,300 digits, or nesting deeper than 64 levels.
    """
    try:
        text = to_json(value)
    except (PydanticSerializationError, ValueError, RecursionError) as error:
        raise PayloadError(problem=_in_words(error)) from None
    if len(text) > limit_bytes:
        raise PayloadTooLarge(size=len(text), limit=limit_bytes)
    if text.count(b"[") + text.count(b"{") > MAX_DEPTH and _is_too_deep(text):
        raise PayloadError(problem=_TOO_DEEP)
    if b"\\u0000" in text and _NUL.search(text):
        raise PayloadError(problem="it holds a NUL character")
    if (b"NaN" in text or b"Infinity" in text) and _is_unreadable(text):
        raise PayloadError(problem="it holds a number that is not finite (NaN or Infinity)")
    if len(text) > MAX_DIGITS and _has_many_digits(text) and _is_unreadable(text):
        raise PayloadError(problem=f"it holds a number of more than {MAX_DIGITS:,} digits")
    return text


def clean_text(text: str) -> str:
    """The text with a replacement for what a text column refuses: NUL and halves of pairs."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _in_words(error: Exception) -> str:
    said = str(error).removeprefix("Error serializing to JSON: ")
    if "surrogates not allowed" in said:
        return "it holds half of a surrogate pair, which is not text"
    if "serialization depth" in said or isinstance(error, RecursionError):
        return _TOO_DEEP
    return clean_text(f"it has no JSON form: {said}")


def _is_too_deep(text: bytes) -> bool:
    """Whether brackets nest too deep; walks level by level, so it never recurses itself."""
    try:
        level = [from_json(text)]
    except ValueError:  # the parser's own limit, which lies above ours
        return True
    for _ in range(MAX_DEPTH + 1):
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return False
    return True


def _has_many_digits(text: bytes) -> bool:
    """Whether digits fill a block of half the length that is too long: numbers that long do."""
    block = MAX_DIGITS // 2
    return any(text[at : at + block].isdigit() for at in range(0, len(text), block))


def _is_unreadable(text: bytes) -> bool:
    """Whether the parser refuses it: the suspicious letters do not stand inside a string."""
    try:
        from_json(text, allow_inf_nan=False)
    except ValueError:
        return True
    return False

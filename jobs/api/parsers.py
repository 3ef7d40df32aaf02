"""Request bodies: strict JSON of a bounded size."""

import re
from collections.abc import Mapping
from typing import IO, Any

from pydantic_core import from_json
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

from jobs.conf import get_conf

#: Values in one body: ten thousand tasks of a hundred each. An empty list takes twenty times as
#: much memory as its two characters.
MOST_VALUES = 1_000_000

_TEXT = re.compile(rb'"[^"]*"?')


class BodyTooLarge(APIException):
    """The body has more bytes than this call takes."""

    status_code = 413
    default_code = "body_too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is larger than {limit:,} bytes, the most this call takes.")


class TooManyValues(APIException):
    """The body has so many values that holding them would cost far more than its bytes."""

    status_code = 413
    default_code = "too_many_values"

    def __init__(self) -> None:
        super().__init__(f"The body holds more than {MOST_VALUES:,} values, the most a call takes.")


class StrictJSONParser(BaseParser):
    """Refuses what some later reader of the value would choke on.

    NaN, Infinity, half surrogate pairs, bad UTF-8 and deep nesting are a ParseError on every
    Python and both databases; NUL and 1e400 are left to the check of stored payloads. Size and
    number of values are checked before anything is parsed.

    A view may set `body_limit`, in bytes; else a body may be four times as long as the arguments
    of one task. Not DRF's JSONParser, for which the framework reads the body before this can
    count it.
    """

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The parsed body; BodyTooLarge or ParseError otherwise."""
        view = (parser_context or {}).get("view")
        limit = getattr(view, "body_limit", 4 * get_conf().argument_limit_bytes)
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise BodyTooLarge(limit)
        if _count(body) > MOST_VALUES and _count(_without_texts(body)) > MOST_VALUES:
            raise TooManyValues
        try:
            return from_json(body, allow_inf_nan=False)
        except ValueError as error:
            if "recursion limit" in str(error):  # it stops there, at a few hundred levels
                raise ParseError("The body is nested too deep.") from None
            raise ParseError(f"The body is not JSON: {error}.") from None


def _without_texts(body: bytes) -> bytes:
    """The body without what stands inside quotes; no hostile text makes it cost more."""
    return _TEXT.sub(b"", body.replace(b"\\\\", b"").replace(b'\\"', b""))


def _count(body: bytes) -> int:
    """How many values a body may hold at most: one begins it, one stands behind each of these."""
    return 1 + body.count(b",") + body.count(b"[") + body.count(b"{")

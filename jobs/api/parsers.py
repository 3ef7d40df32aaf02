"""Request bodies: strict JSON of a bounded size."""

from collections.abc import Mapping
from typing import IO, Any

from pydantic_core import from_json
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

from jobs.conf import get_conf


class BodyTooLarge(APIException):
    """The body has more bytes than this call takes."""

    status_code = 413
    default_code = "body_too_large"

    def __init__(self, limit: int) -> None:
        super().__init__(f"The body is larger than {limit:,} bytes, the most this call takes.")


class StrictJSONParser(BaseParser):
    """Refuses what some later reader of the value would choke on.

    NaN, Infinity, half surrogate pairs, bad UTF-8 and deep nesting are a ParseError on every
    Python and both databases; NUL and 1e400 are left to the check of stored payloads.

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
        try:
            return from_json(body, allow_inf_nan=False)
        except ValueError as error:
            raise ParseError(f"The body is not JSON: {error}.") from None

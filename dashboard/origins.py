"""Only this site's own pages, and programs with a token, may open its sockets."""

from typing import Any
from urllib.parse import ParseResult, urlparse

from channels.security.websocket import OriginValidator
from django.conf import settings

from dashboard.consumers import Refusal
from dashboard.hub import FORBIDDEN
from dashboard.visitors import credentials_in


class SameSite(OriginValidator):
    """Closes sockets of foreign origins, and of none, with a code that their page can read.

    A program that brings a token need not say where it comes from: what it may do is said by the
    token alone, which no page can make a browser send.
    """

    def __init__(self, application: Any) -> None:
        super().__init__(application, settings.ALLOWED_HOSTS)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        """Pass on, or refuse."""
        headers = scope["headers"]
        is_program = not _given(headers) and credentials_in(scope).token is not None
        if is_program or self.valid_origin(_origin(headers)):
            return await self.application(scope, receive, send)
        return await Refusal.as_asgi(code=FORBIDDEN)(scope, receive, send)


def _given(headers: list[tuple[bytes, bytes]]) -> list[str]:
    return [value.decode("latin1") for name, value in headers if name == b"origin"]


def _origin(headers: list[tuple[bytes, bytes]]) -> ParseResult | None:
    given = _given(headers)
    try:
        return urlparse(given[-1]) if given else None
    except ValueError:
        return None

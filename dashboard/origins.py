"""Only this site's own pages may open its sockets."""

from typing import Any
from urllib.parse import ParseResult, urlparse

from channels.security.websocket import OriginValidator
from django.conf import settings

from dashboard.consumers import Refusal
from dashboard.hub import FORBIDDEN


class SameSite(OriginValidator):
    """Closes sockets of foreign origins, and of none, with a code that their page can read."""

    def __init__(self, application: Any) -> None:
        super().__init__(application, settings.ALLOWED_HOSTS)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        """Pass on, or refuse."""
        if self.valid_origin(_origin(scope["headers"])):
            return await self.application(scope, receive, send)
        return await Refusal.as_asgi(code=FORBIDDEN)(scope, receive, send)


def _origin(headers: list[tuple[bytes, bytes]]) -> ParseResult | None:
    given = [value.decode("latin1") for name, value in headers if name == b"origin"]
    try:
        return urlparse(given[-1]) if given else None
    except ValueError:
        return None

"""Where the API is, and what is sent there."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

#: Seconds that the server may be silent within a stream: it says something every 15.
SILENCE_SECONDS = 45.0
#: A submit with this header is done once, however often it is sent.
IDEMPOTENCY_KEY = "Idempotency-Key"


class Site:
    """The address and the token; neither the token nor anything else secret is in its `repr`."""

    def __init__(self, url: str, *, token: str | None, timeout_seconds: float) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("url must be like https://tasks.example.org")
        if parts.username is not None or parts.query or parts.fragment:
            raise ValueError("url must hold no user, query or fragment: pass the token as token=")
        if token is not None and not (token.isascii() and token.isprintable() and token.strip()):
            raise ValueError("token must be plain characters, without line breaks")
        if not timeout_seconds > 0:
            raise ValueError(f"timeout_seconds must be above 0, not {timeout_seconds!r}")
        self.is_secure = parts.scheme == "https"
        self.host = parts.hostname
        self.port = parts.port
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.path = parts.path.rstrip("/")
        self.timeout_seconds = timeout_seconds
        self._token = token

    def __repr__(self) -> str:
        return f"{self.origin}{self.path}"

    def headers(self, request: "Request") -> dict[str, str]:
        """The headers of a request, the token among them."""
        headers = {"Accept": "application/json", **request.headers}
        if request.body is not None:
            headers["Content-Type"] = "application/json"
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        return headers

    def target(self, request: "Request") -> str:
        """Path and query, as the server is to see them."""
        return request.target if request.is_absolute else f"{self.path}/api/{request.target}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call."""

    method: str = "GET"
    target: str
    """Path and query below `/api/`."""
    is_absolute: bool = False
    """Whether the target is told from the root, as the server gave it."""
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    patience_seconds: float = 0.0
    """How long the server may take beyond the usual time."""

    @property
    def may_repeat(self) -> bool:
        """Whether sending it again does nothing that was done already."""
        return self.method == "GET" or IDEMPOTENCY_KEY in self.headers

    @property
    def content(self) -> bytes | None:
        """The body as it is sent."""
        return None if self.body is None else json.dumps(self.body, default=_text).encode()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes
    retry_after: str | None = None


def query(target: str, fields: Mapping[str, Any]) -> str:
    """A target with those of the fields that are not None."""
    given = {
        name: _text(value) if isinstance(value, datetime) else value
        for name, value in fields.items()
        if value is not None
    }
    return f"{target}?{urlencode(given)}" if given else target


def _text(value: object) -> str:
    """Moments and ids are the only values beside JSON's own that a call may hold."""
    match value:
        case datetime():
            return value.isoformat()
        case UUID():
            return str(value)
    raise TypeError(f"{type(value).__name__} cannot be sent as JSON: {value!r}")

"""How requests leave: by httpx where it is installed, else by the standard library."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    ExitStack,
    asynccontextmanager,
    contextmanager,
    suppress,
)
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Protocol

from jobs.client.errors import Unreachable, error_of
from jobs.client.site import Answer, Request, Site

try:
    import httpx
except ImportError:
    httpx = None  # type: ignore[assignment]

CHUNK_BYTES = 64 * 1024
#: Servers close what is idle, uvicorn after 5 seconds: a call must not meet that moment.
KEPT_SECONDS = 2.0


class Transport(Protocol):
    """Sends what a `Client` asks for."""

    def send(self, request: Request) -> Answer:
        """The whole answer, whatever its status. Raises Unreachable."""

    def stream(self, request: Request) -> AbstractContextManager[Iterator[bytes]]:
        """The body of an answer as it comes. Raises ApiError, Unreachable."""

    def close(self) -> None:
        """Close what is open."""


class AsyncTransport(Protocol):
    """Sends what an `AsyncClient` asks for."""

    async def send(self, request: Request) -> Answer:
        """As Transport does."""

    def stream(self, request: Request) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """As Transport does."""

    async def close(self) -> None:
        """Close what is open."""


def transport_to(site: Site) -> Transport:
    """The best there is."""
    return Plain(site) if httpx is None else Httpx(site)


def async_transport_to(site: Site) -> AsyncTransport:
    """The best there is."""
    return Threads(site) if httpx is None else AsyncHttpx(site)


class Plain:
    """The standard library's HTTP: a connection for each call."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def send(self, request: Request) -> Answer:
        """As Transport says."""
        with self._answer(request) as response:
            return Answer(response.status, response.read(), response.getheader("Retry-After"))

    @contextmanager
    def stream(self, request: Request) -> Iterator[Iterator[bytes]]:
        """As Transport says."""
        with self._answer(request) as response:
            if response.status != 200:
                raise error_of(
                    response.status, response.read(), retry_after=response.getheader("Retry-After")
                )
            yield iter(partial(response.read1, CHUNK_BYTES), b"")

    def close(self) -> None:
        """Nothing stays open."""

    @contextmanager
    def _answer(self, request: Request) -> Iterator[HTTPResponse]:
        kind = HTTPSConnection if self._site.is_secure else HTTPConnection
        timeout_seconds = self._site.timeout_seconds + request.patience_seconds
        connection = kind(self._site.host, self._site.port, timeout=timeout_seconds)
        with unreachable(self._site, OSError, HTTPException), ExitStack() as ending:
            ending.callback(connection.close)
            target, headers = self._site.target(request), self._site.headers(request)
            connection.request(request.method, target, request.content, headers)
            opened = connection.sock
            response = ending.enter_context(connection.getresponse())
            ending.callback(_shut, opened)  # first of all: another thread may be reading
            yield response


class Httpx:
    """httpx: connections are kept."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._client = httpx.Client(limits=_limits())

    def send(self, request: Request) -> Answer:
        """As Transport says."""
        with unreachable(self._site, httpx.TransportError):
            response = self._client.send(_built(self._client, self._site, request))
        return _answer(response)

    @contextmanager
    def stream(self, request: Request) -> Iterator[Iterator[bytes]]:
        """As Transport says."""
        with unreachable(self._site, httpx.TransportError):
            response = self._client.send(_built(self._client, self._site, request), stream=True)
            try:
                if response.status_code != 200:
                    response.read()
                    raise _error(response)
                yield response.iter_bytes()
            finally:
                response.close()

    def close(self) -> None:
        """Close the kept connections."""
        self._client.close()


class Threads:
    """The standard library's HTTP for asyncio: each call in a thread."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._plain = Plain(site)

    async def send(self, request: Request) -> Answer:
        """As Transport says."""
        return await asyncio.to_thread(self._plain.send, request)

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[AsyncIterator[bytes]]:
        """As Transport says."""
        opened = self._plain.stream(request)
        chunks = await asyncio.to_thread(opened.__enter__)

        async def each() -> AsyncIterator[bytes]:
            with unreachable(self._site, OSError, HTTPException):
                while chunk := await asyncio.to_thread(next, chunks, b""):
                    yield chunk

        try:
            yield each()
        finally:
            await asyncio.to_thread(opened.__exit__, None, None, None)

    async def close(self) -> None:
        """Nothing stays open."""


class AsyncHttpx:
    """httpx for asyncio."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._client = httpx.AsyncClient(limits=_limits())

    async def send(self, request: Request) -> Answer:
        """As Transport says."""
        with unreachable(self._site, httpx.TransportError):
            response = await self._client.send(_built(self._client, self._site, request))
        return _answer(response)

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[AsyncIterator[bytes]]:
        """As Transport says."""
        with unreachable(self._site, httpx.TransportError):
            response = await self._client.send(
                _built(self._client, self._site, request), stream=True
            )
            try:
                if response.status_code != 200:
                    await response.aread()
                    raise _error(response)
                yield response.aiter_bytes()
            finally:
                await response.aclose()

    async def close(self) -> None:
        """Close the kept connections."""
        await self._client.aclose()


@contextmanager
def unreachable(site: Site, *kinds: type[Exception]) -> Iterator[None]:
    """Errors of these kinds become Unreachable."""
    try:
        yield
    except kinds as error:
        said = str(error) or type(error).__name__
        raise Unreachable(f"{site!r} does not answer: {said}") from error


def _shut(opened: socket.socket) -> None:
    with suppress(OSError):
        opened.shutdown(socket.SHUT_RDWR)


def _limits() -> "httpx.Limits":
    """As many connections as there are calls under way: each of those that wait has its own."""
    return httpx.Limits(max_connections=None, keepalive_expiry=KEPT_SECONDS)


def _built(
    client: "httpx.Client | httpx.AsyncClient", site: Site, request: Request
) -> "httpx.Request":
    return client.build_request(
        request.method,
        f"{site.origin}{site.target(request)}",
        content=request.content,
        headers=site.headers(request),
        timeout=site.timeout_seconds + request.patience_seconds,
    )


def _answer(response: "httpx.Response") -> Answer:
    return Answer(response.status_code, response.content, response.headers.get("Retry-After"))


def _error(response: "httpx.Response") -> Exception:
    retry_after = response.headers.get("Retry-After")
    return error_of(response.status_code, response.content, retry_after=retry_after)

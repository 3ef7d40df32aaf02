"""HTTP for ASGI: Django's synchronous chain in a fixed pool of threads.

Django's own ASGI handler hops between threads some sixteen times a request and opens a new
database connection for each; here a request is one hop, and connections are kept.
"""

import asyncio
import io
import logging
import tempfile
import threading
from concurrent.futures import Future
from contextlib import ExitStack
from typing import IO, Any, TypeAlias

from asgiref.typing import (
    ASGIReceiveCallable,
    ASGISendCallable,
    HTTPResponseBodyEvent,
    HTTPResponseStartEvent,
    HTTPScope,
)
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.core.signals import request_started
from django.http import HttpResponse, HttpResponseBadRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from dashboard.event_stream import EventStream
from dashboard.waiting import waited
from jobs.api.waiting import EXTENSION, Turn
from taskqueue_site.connection_checks import recent_checks_hold
from taskqueue_site.problems import problem
from taskqueue_site.threads import ThreadPool, run_in_thread

logger = logging.getLogger(__name__)

#: Streamed answers at once; each has a thread of its own, so that slow readers hold up no request.
MOST_STREAMS = 16
#: A body above the limit is read on to this multiple, so that the client sees the answer.
POLITE_FACTOR = 4

Answer: TypeAlias = tuple[HTTPResponseStartEvent, bytes | StreamingHttpResponse]


class BodyTooLarge(Exception):
    """The request's body exceeds `DATA_UPLOAD_MAX_MEMORY_SIZE`."""


class ClientGone(Exception):
    """The client went away before its request was complete."""


class PooledHandler(BaseHandler):
    """An ASGI application for HTTP scopes."""

    def __init__(self, *, threads: int) -> None:
        super().__init__()
        self.load_middleware()
        self._pool = ThreadPool(threads)
        self._streams = asyncio.Semaphore(MOST_STREAMS)

    async def __call__(
        self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Answer one request."""
        try:
            body = await read_body(receive, limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        except ClientGone:
            return
        except BodyTooLarge:
            await _send_whole(send, *_too_large())
            return
        turn = Turn()
        try:
            start, content = await self._answer(scope, body, turn)
            if turn.wait is not None:
                if not await waited(turn.wait, receive):
                    return
                start, content = await self._answer(scope, io.BytesIO(), Turn(is_last=True))
        except asyncio.CancelledError:
            # The server's grace is over. The thread ends by itself; the client learns at once.
            await _send_whole(send, *_stopping())
            return
        if isinstance(content, bytes):
            await _send_whole(send, start, content)
        elif isinstance(content, EventStream):
            await send(start)
            await content.run(receive, send)
        else:
            await send(start)
            async with self._streams:
                await _stream(content, receive, send)

    def close(self, *, wait_seconds: float) -> int:
        """Close the threads and their database connections; returns how many are still busy."""
        return self._pool.close(wait_seconds=wait_seconds)

    async def _answer(self, scope: HTTPScope, body: IO[bytes], turn: Turn) -> Answer:
        future = self._pool.submit(self._work, scope, body, turn)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            future.add_done_callback(_discard)
            raise

    def _work(self, scope: HTTPScope, body: IO[bytes], turn: Turn) -> Answer:
        extensions: Any = {**(scope.get("extensions") or {}), EXTENSION: turn}
        set_script_prefix(get_script_prefix(scope))
        request_started.send(sender=type(self), scope=scope)
        response: HttpResponseBase
        try:
            with recent_checks_hold():
                response = self.get_response(ASGIRequest({**scope, "extensions": extensions}, body))
        except UnicodeDecodeError:
            response = HttpResponseBadRequest()
        start = _start(response)
        if isinstance(response, EventStream):
            response.close()
            return start, b"" if scope["method"] == "HEAD" else response
        if isinstance(response, StreamingHttpResponse):
            return start, response
        try:
            return start, response.content if isinstance(response, HttpResponse) else b""
        finally:
            response.close()


async def read_body(receive: ASGIReceiveCallable, *, limit: int | None) -> IO[bytes]:
    """The whole body, in memory as long as it is small.

    Raises:
        BodyTooLarge: it is longer than `limit` bytes.
        ClientGone: the client left before the end.
    """
    message = await receive()
    size = 0
    if message["type"] == "http.request" and not message.get("more_body", False):
        chunk = message.get("body", b"")
        if limit is not None and len(chunk) > limit:
            raise BodyTooLarge
        return io.BytesIO(chunk)
    with ExitStack() as undo:
        spool = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - the request closes it
            max_size=settings.FILE_UPLOAD_MAX_MEMORY_SIZE
        )
        undo.callback(spool.close)
        while message["type"] == "http.request":
            chunk, more = message.get("body", b""), message.get("more_body", False)
            size += len(chunk)
            if limit is None or size <= limit:
                spool.write(chunk)
            elif not more or size > POLITE_FACTOR * limit:
                raise BodyTooLarge
            if not more:
                undo.pop_all()
                spool.seek(0)
                return spool
            message = await receive()
    raise ClientGone


async def _stream(
    response: StreamingHttpResponse, receive: ASGIReceiveCallable, send: ASGISendCallable
) -> None:
    """Send chunk by chunk at the client's pace, and stop when it leaves."""
    loop = asyncio.get_running_loop()
    gone = threading.Event()

    def push(chunk: bytes, *, more: bool) -> None:
        event: HTTPResponseBodyEvent = {
            "type": "http.response.body",
            "body": chunk,
            "more_body": more,
        }
        asyncio.run_coroutine_threadsafe(_sent(send, event), loop).result()

    def work() -> None:
        try:
            for chunk in response:
                if gone.is_set():
                    return
                push(bytes(chunk), more=True)
            push(b"", more=False)
        finally:
            response.close()

    async def watch() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        gone.set()

    watcher = asyncio.create_task(watch())
    try:
        await asyncio.wrap_future(run_in_thread(work))
    finally:
        gone.set()
        watcher.cancel()


async def _sent(send: ASGISendCallable, event: HTTPResponseBodyEvent) -> None:
    await send(event)


async def _send_whole(
    send: ASGISendCallable, start: HTTPResponseStartEvent, content: bytes
) -> None:
    await send(start)
    await send({"type": "http.response.body", "body": content, "more_body": False})


def _start(response: HttpResponseBase) -> HTTPResponseStartEvent:
    headers = [(name.encode("ascii"), value.encode("latin1")) for name, value in response.items()]
    headers += [
        (b"Set-Cookie", cookie.output(header="").strip().encode("ascii"))
        for cookie in response.cookies.values()
    ]
    return {
        "type": "http.response.start",
        "status": response.status_code,
        "headers": headers,
        "trailers": False,
    }


def _discard(future: "Future[Answer]") -> None:
    """Close a streamed answer that nobody will read."""
    if not future.cancelled() and future.exception() is None:
        content: Any = future.result()[1]
        if isinstance(content, StreamingHttpResponse):
            content.close()


def _too_large() -> tuple[HTTPResponseStartEvent, bytes]:
    response = problem(
        413,
        "body_too_large",
        f"The body is longer than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes.",
    )
    response["Connection"] = "close"
    return _start(response), response.content


def _stopping() -> tuple[HTTPResponseStartEvent, bytes]:
    response = problem(503, "stopping", "The server is stopping; the request was not finished.")
    response["Retry-After"] = "5"
    return _start(response), response.content

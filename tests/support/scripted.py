"""A server that answers by the book, for clients that meet odd ones."""

import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any


class Held(bytes):
    """An answer after which the connection stays open, without another word."""


class ScriptedServer(socketserver.ThreadingTCPServer):
    """Gives each connection the next of its answers, bytes as they stand, and closes it."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, answers: tuple[bytes, ...]) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.answers = list(answers)
        self.requests: list[str] = []
        """Each request's first line and headers."""
        self.is_over = Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Connection(socketserver.StreamRequestHandler):
    server: Any

    def handle(self) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n") and (line := self.rfile.readline()):
            head += line
        self.server.requests.append(head.decode())
        answer = self.server.answers.pop(0) if self.server.answers else b""
        self.wfile.write(answer)
        if isinstance(answer, Held):
            self.server.is_over.wait()


@contextmanager
def scripted(*answers: bytes) -> Iterator[ScriptedServer]:
    """Such a server; an empty answer hangs up without a word."""
    with ScriptedServer(answers) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.is_over.set()
            server.shutdown()
            thread.join()


def answer(body: str, *headers: str, status: int = 200) -> bytes:
    """A whole answer."""
    content = body.encode()
    lines = (f"HTTP/1.1 {status} Told", f"Content-Length: {len(content)}", "Connection: close")
    return "\r\n".join([*lines, *headers, "", ""]).encode() + content


def broken_stream(body: str) -> bytes:
    """A stream that breaks off."""
    content = body.encode()
    head = (
        "HTTP/1.1 200 Told\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
        "Connection: close\r\n\r\n"
    )
    return f"{head}{len(content):x}\r\n".encode() + content + b"\r\n"


def whole_stream(body: str) -> bytes:
    """A stream that ends as it should."""
    return broken_stream(body) + b"0\r\n\r\n"

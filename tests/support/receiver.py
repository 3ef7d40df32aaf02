"""A receiver of webhooks: a real HTTP server, which answers as it is told and keeps what it got."""

import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import orjson

#: For `receiver.test`; signed by itself, so that SSL_CERT_FILE can name it.
CERTIFICATE = Path(__file__).with_name("receiver.pem")
HOST_OF_CERTIFICATE = "receiver.test"
#: What a test's JOBS needs to reach a receiver.
ALLOWED = {"WEBHOOKS_ALLOWED_NETWORKS": ["127.0.0.0/8"]}

Answer = int | Callable[[BaseHTTPRequestHandler], None]


@dataclass(frozen=True, slots=True)
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def message(self) -> dict[str, Any]:
        """The body as JSON."""
        message: dict[str, Any] = orjson.loads(self.body)
        return message

    @property
    def task_id(self) -> str:
        """Whom it tells of."""
        return str(self.message["data"]["task_id"])


@dataclass(slots=True)
class Receiver:
    """Answers with the `script`, one after another, then always with `answer`.

    An answer is a status, or a function that is given the connection's handler.
    """

    url: str
    answer: Answer = 204
    script: deque[Answer] = field(default_factory=deque)
    received: list[Received] = field(default_factory=list)

    def __repr__(self) -> str:
        return self.url

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        """Keep the request, and answer."""
        length = int(handler.headers.get("Content-Length", 0))
        names = {name.lower(): value for name, value in handler.headers.items()}
        self.received.append(Received(handler.path, names, handler.rfile.read(length)))
        answer = self.script.popleft() if self.script else self.answer
        if callable(answer):
            answer(handler)
            return
        handler.send_response(answer)
        handler.send_header("Content-Length", "0")
        handler.end_headers()


@contextmanager
def running_receiver(*, with_tls: bool = False, **options: Any) -> Iterator[Receiver]:
    """A receiver on 127.0.0.1; gone at the end."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.handle(self)

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Who sends may leave at any moment."""

    server = Server(("127.0.0.1", 0), Handler)
    scheme, host = ("https", HOST_OF_CERTIFICATE) if with_tls else ("http", "127.0.0.1")
    if with_tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    receiver = Receiver(f"{scheme}://{host}:{server.server_port}/hook", **options)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

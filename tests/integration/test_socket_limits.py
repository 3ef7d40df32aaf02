"""What clients may send on a socket, and what becomes of those that do not read."""

import json
import os
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from taskqueue_site.socket_protocol import MESSAGE_BYTES, PERIOD_BYTES, PERIOD_MESSAGES
from tests.support.web import WebProcess, read, running_web

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
]

HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
)
SECONDS = 30


@pytest.fixture(scope="module")
def web(django_db_setup: None) -> Iterator[WebProcess]:
    """At the end it has complained of nothing that a client sent."""
    with running_web(LIVE_BEAT_SECONDS="0.5") as process:
        yield process
        assert not re.search("ERROR|Traceback", process.said()), process.said()


def ended(opened: ClientConnection) -> tuple[int | None, str | None]:
    """With which code and reason the server closes, after anything it may still send."""
    with suppress(ConnectionClosed):
        while True:
            opened.recv(timeout=SECONDS)
    return opened.close_code, opened.close_reason


def raw(web: WebProcess, handshake: bytes) -> socket.socket:
    """A connection on which these bytes were sent."""
    opened = socket.create_connection(("127.0.0.1", web.port), SECONDS)
    opened.sendall(handshake)
    return opened


def rest_of(opened: socket.socket) -> bytes:
    """What comes until the server has closed the connection."""
    received = b""
    with suppress(ConnectionResetError):
        while chunk := opened.recv(65536):
            received += chunk
    return received


def frame(payload: bytes, *, opcode: int = 1) -> bytes:
    """A client's frame; masked with zeros, as no browser would."""
    assert len(payload) < 126
    return bytes([0x80 | opcode, 0x80 | len(payload), 0, 0, 0, 0]) + payload


def test_a_few_small_messages_change_nothing(web: WebProcess) -> None:
    with web.socket("/ws/stats") as opened:
        for _ in range(PERIOD_MESSAGES):
            opened.send(json.dumps({"type": "pause", "queue": "low"}))
        first = read(opened)
        assert read(opened)["seq"] == first["seq"] + 1


@pytest.mark.parametrize("message", ["hello", b"hello"])
def test_more_than_a_few_messages_close_with_1008(web: WebProcess, message: str | bytes) -> None:
    with web.socket("/ws/stats") as opened:
        for _ in range(PERIOD_MESSAGES + 1):
            opened.send(message)
        assert ended(opened) == (1008, "too many messages: this socket only tells")


def test_a_flood_of_tiny_frames_closes_with_1008(web: WebProcess) -> None:
    with web.socket("/ws/feed") as opened, suppress(ConnectionClosed):
        for _ in range(1000):
            opened.ping(os.urandom(64))
        assert ended(opened) == (1008, "too much was sent: this socket only tells")


@pytest.mark.parametrize("size", [MESSAGE_BYTES + 1, PERIOD_BYTES - 100])
def test_a_large_message_closes_with_1009(web: WebProcess, size: int) -> None:
    with web.socket("/ws/stats") as opened:
        opened.send("x" * size)
        assert ended(opened)[0] == 1009


def test_a_message_of_megabytes_is_not_parsed_and_its_sender_is_told(web: WebProcess) -> None:
    with web.socket("/ws/stats") as opened:
        read(opened)
        with suppress(ConnectionClosed):
            opened.send(b"x" * 8_000_000)
        assert ended(opened)[0] in {1008, 1009}


@pytest.mark.parametrize(
    "sent",
    [
        frame(b"\xff\xfe\xfd"),
        frame(b"\x00", opcode=3),
        b"\xff" * 40,
        frame(b"{", opcode=0),
        frame(b"\x03", opcode=8),
        b"\x81\x05hello",
    ],
    ids=["no UTF-8", "no opcode", "noise", "no beginning", "no close code", "no mask"],
)
def test_what_is_no_message_hurts_nobody(web: WebProcess, sent: bytes) -> None:
    # given a page that reads
    with web.socket("/ws/stats") as page:
        first = read(page)

        # when another client sends something broken, then it is closed
        with raw(web, HANDSHAKE.format(path="/ws/stats", more="").encode()) as opened:
            assert opened.recv(65536).startswith(b"HTTP/1.1 101")
            opened.sendall(sent * 20)
            assert b"\x88" in rest_of(opened)

        # and the page reads on
        assert read(page)["seq"] == first["seq"] + 1


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/ws/stats?\xff", ""),
        ("/ws/\xe4", ""),
        ("/ws/stats", f"Cookie: {'x' * 20_000}\r\n"),
        ("/ws/stats", "X-A: b\r\n" * 200),
        ("/ws/stats", "Sec-WebSocket-Key: again\r\n"),
    ],
    ids=["query", "path", "long header", "many headers", "two keys"],
)
def test_what_is_no_handshake_is_answered_and_ended(web: WebProcess, path: str, more: str) -> None:
    handshake = HANDSHAKE.format(path=path, more=more).encode("latin1")
    with raw(web, handshake) as opened:
        assert rest_of(opened).startswith(b"HTTP/1.1 4")


def test_a_server_that_ends_closes_hundreds_of_sockets_and_streams() -> None:
    # given hundreds of pages and some event streams
    with ExitStack() as ending:
        web = ending.enter_context(running_web(LIVE_BEAT_SECONDS="0.25", LIVE_CONNECTIONS="1000"))
        pages = [
            ending.enter_context(web.socket("/ws/stats", ping_interval=None)) for _ in range(300)
        ]
        streams = [
            ending.enter_context(httpx.stream("GET", f"{web.url}/api/events")) for _ in range(50)
        ]
        for page in pages:
            read(page)

        # when the server is told to end
        assert web.stop() == 0
        assert not web.has_used_up_its_grace()

        # then each was told, and ended as it should
        assert {ended(page)[0] for page in pages} == {1012}
        for stream in streams:
            assert b"event: connected" in stream.read()

"""Clients that take what they are told, but do not read it."""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from uvicorn import Config
from uvicorn.server import ServerState

from taskqueue_site import socket_protocol
from taskqueue_site.socket_protocol import TellingSocket
from tests.integration.test_socket_limits import HANDSHAKE
from tests.support.asgi import until

pytestmark = [pytest.mark.asyncio, pytest.mark.one_database]

SECONDS = 30


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_protocol, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(socket_protocol, "GOODBYE_SECONDS", 0.2)


class Speaker:
    """An application that tells as much as its reader takes, and how that ended."""

    def __init__(self) -> None:
        self.sent = 0
        self.end: type[BaseException] | None = None

    async def __call__(self, _scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        try:
            while True:
                await send({"type": "websocket.send", "text": "x" * 100_000})
                self.sent += 1
        except OSError as gone:
            self.end = type(gone)


@asynccontextmanager
async def served(speaker: Speaker) -> AsyncIterator[tuple[int, ServerState]]:
    """The port of a server of this application, and what it knows of its connections."""
    config = Config(
        speaker, ws=TellingSocket, http="httptools", lifespan="off", ws_per_message_deflate=False
    )
    config.load()
    state = ServerState()
    make: Callable[..., asyncio.Protocol] = config.http_protocol_class
    server = await asyncio.get_running_loop().create_server(
        lambda: make(config=config, server_state=state, app_state={}), "127.0.0.1", 0
    )
    try:
        yield server.sockets[0].getsockname()[1], state
    finally:
        server.close()
        await server.wait_closed()


def deaf(port: int) -> socket.socket:
    """A client that has asked for a socket, and reads no more."""
    client = socket.create_connection(("127.0.0.1", port), SECONDS)
    client.sendall(HANDSHAKE.format(path="/", more="").encode())
    return client


async def test_who_does_not_read_is_cut_off_and_leaves_nothing_behind() -> None:
    # given a client that is told more than its buffers hold
    speaker = Speaker()
    async with served(speaker) as (port, state):
        with deaf(port):
            await until(lambda: speaker.sent > 0)

            # then it is given up, though it keeps the connection open
            await until(lambda: speaker.end is not None)
            await until(lambda: not state.connections and not state.tasks)

        # and nothing of it is kept
        def left() -> list[object]:
            gc.collect()
            return [each for each in gc.get_objects() if isinstance(each, TellingSocket)]

        await until(lambda: not left())


async def test_who_begins_to_read_in_time_is_told_on(monkeypatch: pytest.MonkeyPatch) -> None:
    # given a client whose buffers are full
    monkeypatch.setattr(socket_protocol, "PATIENCE_SECONDS", SECONDS)
    speaker = Speaker()
    async with served(speaker) as (port, state):
        with deaf(port) as client:
            sent = -1
            while sent != speaker.sent:
                sent = speaker.sent
                await asyncio.sleep(0.1)

            # when it reads, then it is told on
            reading = asyncio.create_task(asyncio.to_thread(drain, client, 50_000_000))
            await until(lambda: speaker.sent > sent + 100)
            await reading
            assert speaker.end is None
        await until(lambda: not state.connections)


async def test_who_does_not_read_does_not_hold_up_the_end_of_the_server() -> None:
    # given a client whose buffers are full
    speaker = Speaker()
    async with served(speaker) as (port, state):
        with deaf(port):
            await until(lambda: speaker.sent > 0)

            # when the server ends
            for connection in list(state.connections):
                connection.shutdown()  # type: ignore[union-attr]

            # then it is cut off
            await until(lambda: not state.connections)


async def test_who_reads_late_is_told_why_it_was_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    # given a client that was given up, and is not cut off yet
    monkeypatch.setattr(socket_protocol, "GOODBYE_SECONDS", SECONDS)
    speaker = Speaker()
    async with served(speaker) as (port, state):
        with deaf(port) as client:
            await until(lambda: speaker.end is not None)

            # when it reads all that was sent
            last = await asyncio.to_thread(drain, client, None)

            # then the last of it is the close with its code and reason
            assert last.endswith(b"\x03\xf5you read too slowly")  # 1013
        await until(lambda: not state.connections)


def drain(client: socket.socket, size: int | None) -> bytes:
    """Read so much, or all; gives the last of it."""
    last, count = b"", 0
    while (size is None or count < size) and (chunk := client.recv(262_144)):
        last, count = (last + chunk)[-200:], count + len(chunk)
    return last

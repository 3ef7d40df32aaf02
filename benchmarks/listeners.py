"""Many open sockets in one process, so light that the measured server is what is measured."""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

import uvloop

from benchmarks.memory import pss_megabytes
from benchmarks.processes import cpu_seconds

#: Handshakes under way at once.
AT_ONCE = 100
OPEN_SECONDS = 120.0
_SEQ = re.compile(rb'"seq":(\d+)\}$')
_AT = re.compile(rb'"at":"([^"]+)"')
_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA


@dataclass(slots=True)
class Beat:
    """One message: when it was made, and when the first and the last client had it."""

    made_at: float
    first_at: float
    last_at: float = 0.0
    count: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """What so many sockets cost their server, and how late the last of them was told."""

    kilobytes: float
    """Of the server's memory, for each socket."""
    core_percent: float
    """Of one core, while beats go."""
    first_ms: float
    """Worst of the beats: from the message's making to the first client."""
    last_ms: float
    """The same to the last one."""


@dataclass(slots=True)
class Audience:
    """All clients, and what they were told."""

    beats: dict[int, Beat] = field(default_factory=dict)
    closed: int = 0

    def hear(self, payload: bytes) -> None:
        """Note a message."""
        seq = _SEQ.search(payload, len(payload) - 24)
        if seq is None:
            return
        number, now = int(seq[1]), time.time()
        beat = self.beats.get(number)
        if beat is None:
            at = _AT.search(payload)
            made = datetime.fromisoformat(at[1].decode()).timestamp() if at else now
            beat = self.beats[number] = Beat(made, now)
        beat.last_at = now
        beat.count += 1


class Listener(asyncio.Protocol):
    """One socket: a handshake made beforehand, and the frames that a server sends."""

    __slots__ = ("_audience", "_opened", "_received", "_request", "_transport")

    def __init__(self, audience: Audience, request: bytes, opened: asyncio.Future[None]) -> None:
        self._audience = audience
        self._request = request
        self._received = b""
        self._opened: asyncio.Future[None] | None = opened

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a socket."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request)

    def connection_lost(self, _: Exception | None) -> None:
        """Count it: nobody should go during a measurement."""
        self._audience.closed += 1

    def data_received(self, data: bytes) -> None:
        """Hear what is complete."""
        data = self._received + data
        if self._opened is not None:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self._received = head
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self._opened.set_result(None)
            self._opened = None
        while (frame := _frame(data)) is not None:
            opcode, payload, data = frame
            if opcode == _TEXT:
                self._audience.hear(payload)
            elif opcode == _PING:
                masked = bytes([0x80 | _PONG, 0x80 | len(payload), 0, 0, 0, 0]) + payload
                self._transport.write(masked)
            elif opcode == _CLOSE:
                self._transport.close()
        self._received = data


def _frame(data: bytes) -> tuple[int, bytes, bytes] | None:
    """Opcode, payload and the rest; None while it is incomplete. A server masks nothing."""
    if len(data) < 2:
        return None
    start, size = 2, data[1]
    if size == 126:
        start, size = 4, int.from_bytes(data[2:4], "big")
    elif size == 127:
        start, size = 10, int.from_bytes(data[2:10], "big")
    if len(data) < start + size:
        return None
    return data[0] & 0xF, data[start : start + size], data[start + size :]


def handshake(port: int, path: str, *, token: str = "") -> bytes:
    """The request that opens a socket, as bytes."""
    head = [
        f"GET {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    if token:
        head.append(f"Authorization: Bearer {token}")
    return "\r\n".join([*head, "", ""]).encode()


def listen(port: int, request: bytes, *, pid: int, count: int, beats: int) -> Heard:
    """Open so many sockets at the server of that process, and hear so many whole beats."""
    return uvloop.run(_listen(port, request, pid=pid, count=count, beats=beats))


async def _listen(port: int, request: bytes, *, pid: int, count: int, beats: int) -> Heard:
    audience = Audience()
    turns = asyncio.Semaphore(AT_ONCE)

    async def open_one() -> None:
        async with turns:
            opened = loop.create_future()
            await loop.create_connection(
                lambda: Listener(audience, request, opened), "127.0.0.1", port
            )
            await opened

    loop = asyncio.get_running_loop()
    async with asyncio.timeout(OPEN_SECONDS):
        await open_one()  # what the first costs, the others share
        await _until(lambda: len(audience.beats) >= 2)
        before = pss_megabytes(pid)
        await asyncio.gather(*(open_one() for _ in range(count)))
    first = max(audience.beats) + 2
    await _until(lambda: first in audience.beats)
    began, spent = time.perf_counter(), cpu_seconds(pid)
    await _until(lambda: first + beats in audience.beats)
    share = (cpu_seconds(pid) - spent) / (time.perf_counter() - began)
    heard = [audience.beats[first + number] for number in range(beats)]
    if audience.closed or any(beat.count != count + 1 for beat in heard):
        told = [beat.count for beat in heard]
        raise RuntimeError(f"{audience.closed} of {count + 1} were closed; told were {told}")
    return Heard(
        kilobytes=(pss_megabytes(pid) - before) * 1024 / count,
        core_percent=100 * share,
        first_ms=1000 * max(beat.first_at - beat.made_at for beat in heard),
        last_ms=1000 * max(beat.last_at - beat.made_at for beat in heard),
    )


async def _until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(OPEN_SECONDS):
        while not condition():
            await asyncio.sleep(0.05)

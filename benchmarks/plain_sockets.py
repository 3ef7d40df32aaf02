"""`python -m benchmarks.plain_sockets PORT SECONDS`: sockets with nothing of the product in them.

Whoever connects is told that it is a WebSocket, and then every so many seconds a message of the
length of ours, written to one connection after another.
"""

import asyncio
import sys
from datetime import UTC, datetime
from typing import cast

import uvloop

#: About as long as the message of a small site.
LENGTH = 1200
SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


class Plain(asyncio.Protocol):
    """One connection."""

    def __init__(self, readers: set[asyncio.Transport]) -> None:
        self._readers = readers

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Tell it from now on, once it has asked."""
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, _: Exception | None) -> None:
        """Tell it no more."""
        self._readers.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        """Agree to whatever it asks."""
        if data.startswith(b"GET "):
            self._transport.write(SWITCH)
            self._readers.add(self._transport)


async def serve(port: int, seconds: float) -> None:
    """Beat until stopped."""
    readers: set[asyncio.Transport] = set()
    loop = asyncio.get_running_loop()
    await loop.create_server(lambda: Plain(readers), "127.0.0.1", port, backlog=4096)
    seq = 0
    while True:
        seq += 1
        head = f'{{"at":"{datetime.now(UTC).isoformat()}","'.encode()
        payload = (head + b"x" * LENGTH)[:LENGTH] + f'","seq":{seq}}}'.encode()
        frame = b"\x81\x7e" + len(payload).to_bytes(2, "big") + payload
        for reader in list(readers):
            reader.write(frame)
        await asyncio.sleep(seconds)


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), float(sys.argv[2])))

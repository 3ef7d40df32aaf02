"""A client of HTTP/1.1 on one thread: it costs a few hundredths of what its requests cost.

A loaded server and its client share the machine's cores, so the client does what a measurement
needs and no more: requests are bytes made beforehand, connections are kept, answers are counted.
"""

import math
import selectors
import socket
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

CONNECTIONS = 32
ANSWER_SECONDS = 60.0
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"\r\ncontent-length: "


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a series: seconds from its start to the last answer, and of each answer."""

    seconds: float
    waits: Sequence[float]

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.waits) / self.seconds

    def percentile_ms(self, percent: int) -> float:
        """The wait that so many of a hundred answers did not exceed, in milliseconds."""
        ordered = sorted(self.waits)
        return 1000 * ordered[math.ceil(len(ordered) * percent / 100) - 1]


class Closed(RuntimeError):
    """The server closed a connection."""


@dataclass(slots=True)
class _Connection:
    """One kept connection; `since` is the moment its request counts from."""

    socket: socket.socket
    received: bytearray = field(default_factory=bytearray)
    since: float = 0.0

    def ask(self, request: bytes, *, since: float) -> None:
        """Send one request; the buffer of a loopback socket takes all but the largest at once."""
        self.since = since
        self.socket.setblocking(True)
        self.socket.sendall(request)
        self.socket.setblocking(False)

    def take(self) -> bytes | None:
        """The answer's body once it is complete.

        Raises:
            Closed: there will be none.
            RuntimeError: it is not a good one.
        """
        chunk = self.socket.recv(262_144)
        if not chunk:
            raise Closed("the server closed a connection")
        self.received += chunk
        head = self.received.find(_END_OF_HEAD)
        if head < 0:
            return None
        told = bytes(self.received[:head]).lower()
        start = told.index(_LENGTH) + len(_LENGTH)
        end = head + len(_END_OF_HEAD) + int(told[start:].partition(b"\r\n")[0])
        if len(self.received) < end:
            return None
        answer = bytes(self.received[:end])
        self.received.clear()
        if not answer.startswith(b"HTTP/1.1 2"):
            raise RuntimeError(f"the server answered {answer[:2000]!r}")
        return answer[head + len(_END_OF_HEAD) :]


class Client:
    """Connections to one server on loopback."""

    def __init__(self, port: int, *, connections: int = CONNECTIONS) -> None:
        self._selector = selectors.DefaultSelector()
        self._free: deque[_Connection] = deque()
        self._port = port
        for _ in range(connections):
            self._open()
        self._connections = connections

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        for key in list(self._selector.get_map().values()):
            key.data.socket.close()
        self._selector.close()

    def saturate(self, requests: Iterable[bytes]) -> Outcome:
        """Each connection asks again as soon as it is answered: the most that the server can do."""
        return self._run((0.0, request) for request in requests)

    def pace(self, requests: Iterable[bytes], *, rate: float) -> Outcome:
        """So many a second, whatever the server does; waits count from when each was due."""
        return self._run((number / rate, request) for number, request in enumerate(requests))

    def ask(self, request: bytes) -> bytes:
        """One request's body."""
        connection = self._free[0]
        connection.ask(request, since=0.0)
        while (body := self._answer_of(connection)) is None:
            pass
        return body

    def _open(self) -> None:
        opened = socket.create_connection(("127.0.0.1", self._port), ANSWER_SECONDS)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = _Connection(opened)
        self._selector.register(opened, selectors.EVENT_READ, connection)
        self._free.append(connection)

    def _take(self, connection: _Connection) -> bytes | None:
        """What it has received; one that the server closed because nobody asked is made anew."""
        try:
            return connection.take()
        except Closed:
            if connection not in self._free:
                raise
        self._free.remove(connection)
        self._selector.unregister(connection.socket)
        connection.socket.close()
        self._open()
        return None

    def _answer_of(self, connection: _Connection) -> bytes | None:
        self._ready(ANSWER_SECONDS)
        return connection.take()

    def _run(self, due: Iterator[tuple[float, bytes]]) -> Outcome:
        waits: list[float] = []
        for connection in self._ready(0.0):
            self._take(connection)
        began = time.perf_counter()
        following = next(due, None)
        while following is not None or len(self._free) < self._connections:
            now = time.perf_counter() - began
            while following is not None and self._free and following[0] <= now:
                at, request = following
                self._free.popleft().ask(request, since=at or now)
                following = next(due, None)
            timeout = ANSWER_SECONDS
            if following is not None and self._free:
                timeout = max(0.0, following[0] - now)
            for connection in self._ready(timeout):
                if self._take(connection) is not None:
                    waits.append(time.perf_counter() - began - connection.since)
                    self._free.append(connection)
        return Outcome(time.perf_counter() - began, waits)

    def _ready(self, timeout: float) -> list[_Connection]:
        events = self._selector.select(timeout)
        if not events and timeout == ANSWER_SECONDS:
            raise TimeoutError(f"no answer within {ANSWER_SECONDS} s")
        return [key.data for key, _ in events]


def request(
    method: str, path: str, *, token: str = "", cookie: str = "", body: bytes = b""
) -> bytes:
    """One request as bytes, with a token or a session's cookie or neither."""
    head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if token:
        head.append(f"Authorization: Bearer {token}")
    if cookie:
        head.append(f"Cookie: {cookie}")
    if body:
        head += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(head).encode() + _END_OF_HEAD + body

"""One POST to an address from outside, that reaches nothing but public hosts.

A name is resolved once, and the connection goes to the very address that was looked at. Redirects
are not followed, proxies of the environment are not used, and of an answer only the head is read.
"""

import io
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import IO, Any

from jobs.conf import get_conf
from jobs.domain.addresses import DEFAULT_PORTS, Target, refusal, target_of

#: The most of an answer that is read: its head fits many times over.
MOST_ANSWER_BYTES = 64 * 1024
#: The body goes out in pieces, so that no reader can draw it out beyond the time there is.
PIECE_BYTES = 16 * 1024

Place = tuple[int, tuple[Any, ...]]
"""An address family and the address, as sockets take them."""


class Refused(Exception):
    """The address is one to which nothing may be sent; the message says why."""


class _TooLong(Exception):
    """The head of an answer has no end."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a POST: a status, or in words why there is none."""

    status: int | None
    error: str
    seconds: float

    @property
    def is_success(self) -> bool:
        """Whether it is a 2xx."""
        return self.status is not None and 200 <= self.status < 300


def post(url: str, *, headers: Mapping[str, str], body: bytes, timeout_seconds: float) -> Answer:
    """Send a body; whatever goes wrong on the way or over there is in the answer."""
    began = time.monotonic()
    status: int | None = None
    try:
        target = target_of(url)
        status = _send(target, headers, body, deadline=began + timeout_seconds)
        error = "" if 200 <= status < 300 else _told(status)
    except (OSError, HTTPException, ValueError, Refused, _TooLong) as problem:
        error = _in_words(problem, timeout_seconds)
    return Answer(status, error[:300], round(time.monotonic() - began, 3))


def places_of(target: Target) -> list[Place]:
    """Where a host is now.

    Raises:
        Refused: one of its addresses is not a public one, and no setting allows it.
        OSError: it cannot be resolved.
    """
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    allowed = get_conf().webhooks_allowed_networks
    places: list[Place] = []
    for family, _, _, _, place in found:
        kind = refusal(str(place[0]), allowed=allowed)
        if kind:
            raise Refused(f"{target.host} is at {place[0]}: {kind}")
        places.append((family, place))
    return places


def _send(target: Target, headers: Mapping[str, str], body: bytes, *, deadline: float) -> int:
    connection = _Pinned(target, places_of(target), deadline)
    try:
        connection.putrequest("POST", target.path, skip_accept_encoding=True)
        for name, value in {**headers, **_framing(body)}.items():
            connection.putheader(name, value)
        connection.endheaders()
        for start in range(0, len(body), PIECE_BYTES):
            connection.sock.settimeout(_left(deadline))
            connection.send(body[start : start + PIECE_BYTES])
        return connection.getresponse().status
    finally:
        connection.close()


def _framing(body: bytes) -> dict[str, str]:
    return {"Content-Length": str(len(body)), "Connection": "close"}


class _Pinned(HTTPConnection):
    """A connection to addresses that were looked at, whatever its host's name means by now."""

    def __init__(self, target: Target, places: Iterable[Place], deadline: float) -> None:
        super().__init__(target.host, target.port)
        self.default_port = DEFAULT_PORTS[target.scheme]
        self.response_class = partial(_response, deadline=deadline)  # type: ignore[assignment]
        self._target = target
        self._places = places
        self._deadline = deadline

    def connect(self) -> None:
        """To the first address that answers."""
        problem: OSError = OSError("the host has no address")
        for family, place in self._places:
            try:
                self.sock = self._connected(family, place)
            except ssl.SSLError:
                raise
            except OSError as error:
                problem = error
            else:
                return
        raise problem

    def _connected(self, family: int, place: tuple[Any, ...]) -> socket.socket:
        plain = socket.socket(family, socket.SOCK_STREAM)
        try:
            plain.settimeout(_left(self._deadline))
            plain.connect(place)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._target.scheme == "http":
                return plain
            plain.settimeout(_left(self._deadline))
            return _tls().wrap_socket(plain, server_hostname=self._target.host)
        except BaseException:
            plain.close()
            raise


@cache
def _tls() -> ssl.SSLContext:
    """Certificates are checked; those of the system count, or those in SSL_CERT_FILE."""
    return ssl.create_default_context()


def _response(sock: socket.socket, *, deadline: float, **options: Any) -> HTTPResponse:
    return HTTPResponse(_Timed(sock, deadline), **options)  # type: ignore[arg-type]


class _Timed:
    """A socket as `HTTPResponse` wants it, that answers until a deadline and not beyond a limit."""

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._reader = _Reader(sock, deadline)

    def makefile(self, *_: object) -> IO[bytes]:
        """What is read from it."""
        return io.BufferedReader(self._reader, 4096)


class _Reader(io.RawIOBase):
    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock = sock
        self._deadline = deadline
        self._budget_bytes = MOST_ANSWER_BYTES

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Raises TimeoutError after the deadline, _TooLong beyond the limit."""
        if not self._budget_bytes:
            raise _TooLong
        self._sock.settimeout(_left(self._deadline))
        count = self._sock.recv_into(buffer, min(len(buffer), self._budget_bytes))
        self._budget_bytes -= count
        return count


def _left(deadline: float) -> float:
    """Seconds; raises TimeoutError when there are none."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds


def _told(status: int) -> str:
    phrase = f" {HTTPStatus(status).phrase}" if status in set(HTTPStatus) else ""
    note = ": redirects are not followed" if 300 <= status < 400 else ""
    return f"it answered {status}{phrase}{note}"


def _in_words(problem: Exception, timeout_seconds: float) -> str:
    """Nothing of what the other side said: an answer may hold what was sent."""
    match problem:
        case Refused():
            return f"refused: {problem}"
        case _TooLong():
            return f"the head of its answer is longer than {MOST_ANSWER_BYTES:,} bytes"
        case TimeoutError():
            return f"no answer within {timeout_seconds:g} s"
        case OSError():
            return _no_connection(problem)
        case ValueError():
            return f"the URL must be {problem}"
    return f"no HTTP answer: {type(problem).__name__}"


def _no_connection(problem: OSError) -> str:
    match problem:
        case ssl.SSLCertVerificationError():
            return f"its certificate is not valid: {problem.verify_message}"
        case ssl.SSLError():
            return f"no TLS connection: {problem.reason}"
        case socket.gaierror():
            return f"its name cannot be resolved: {problem.strerror}"
    return f"no connection: {problem.strerror or type(problem).__name__}"

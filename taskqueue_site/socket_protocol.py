"""The server's side of one WebSocket: it tells, and hardly listens.

No message from a client means anything on our sockets, so none reaches the application. What a
client sends is counted before it is parsed; one that sends much is told why and closed. One that
does not read is cut off, whatever waits for it.
"""

import asyncio
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode
from websockets.protocol import State

POLICY_VIOLATION = 1008
TRY_AGAIN_LATER = 1013
#: The largest message that a client may send; a larger one closes with 1009.
MESSAGE_BYTES = 1024
#: What a client may send in `PERIOD_SECONDS`, its answers to pings included.
PERIOD_SECONDS = 60.0
PERIOD_BYTES = 4096
PERIOD_MESSAGES = 10
#: Often enough for proxies, which cut a connection that is silent for a minute.
PING_SECONDS = 45.0
#: A client whose buffers stay full for so long is not waited for.
PATIENCE_SECONDS = 30.0
#: How long the client may take over our close before the connection is cut.
GOODBYE_SECONDS = 5.0


@lru_cache(maxsize=4)
def _encoded(text: str) -> bytes:
    """A message as a frame: the same for thousands of sockets, one after another."""
    return Frame(Opcode.TEXT, text.encode()).serialize(mask=False)


class TellingSocket(WebSocketsSansIOProtocol):
    """A WebSocket on which only the server speaks."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._period_ends_at = 0.0
        self._bytes = 0
        self._messages = 0
        self._patience: asyncio.TimerHandle | None = None
        self._has_refused = False

    def data_received(self, data: bytes) -> None:
        """Parse what the client sends, as long as it is little."""
        if self._has_refused:
            return  # it was told why, and has some time to read it
        if self.handshake_initiated and not self._is_little(data):
            self._refuse(POLICY_VIOLATION, "too much was sent: this socket only tells")
            return
        super().data_received(data)
        if not self.handshake_initiated:
            self._refuse_handshake()

    def handle_connect(self, event: Any) -> None:
        """Begin, unless the address cannot be one of ours."""
        if event.path.isascii():
            super().handle_connect(event)
        else:
            self.conn.send_response(self.conn.reject(HTTPStatus.BAD_REQUEST, ""))

    def send_receive_event_to_app(self) -> None:
        """Drop a message, and count it."""
        self.frames = []
        self._messages += 1
        if self._messages > PERIOD_MESSAGES:
            self._refuse(POLICY_VIOLATION, "too many messages: this socket only tells")

    def handle_parser_exception(self) -> None:
        """Close with the code that the parser chose."""
        self._say_goodbye()

    def handle_close(self, event: Any) -> None:
        """The client closes, or has taken over our close."""
        super().handle_close(event)
        self._cut_soon()

    def keepalive_timeout(self) -> None:
        """The client did not answer a ping."""
        super().keepalive_timeout()
        self._cut_soon()

    def pause_writing(self) -> None:
        """The client reads more slowly than it is told."""
        super().pause_writing()
        self._patience = self.loop.call_later(PATIENCE_SECONDS, self._lose_patience)

    def resume_writing(self) -> None:
        """It has caught up."""
        super().resume_writing()
        self._be_patient()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is to be waited for any more."""
        self._be_patient()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Close with 1012; who does not read it does not hold up the end of the process."""
        super().shutdown()
        self._cut_soon()

    async def run_asgi(self) -> None:
        """Serve, and then wait no longer for the client than for any goodbye."""
        await super().run_asgi()
        self._cut_soon()

    async def send(self, message: Any) -> None:
        """Send, unless this side has closed the connection meanwhile."""
        await self.writable.wait()
        if self.disconnected or (self.close_sent and self.handshake_complete):
            raise ClientDisconnected
        if message["type"] == "websocket.send" and self.conn.state is State.OPEN:
            self.transport.write(_encoded(message["text"]))
        else:
            await super().send(message)

    def _is_little(self, data: bytes) -> bool:
        now = self.loop.time()
        if now >= self._period_ends_at:
            self._period_ends_at = now + PERIOD_SECONDS
            self._bytes = self._messages = 0
        self._bytes += len(data)
        return self._bytes <= PERIOD_BYTES

    def _refuse_handshake(self) -> None:
        """What came is no handshake: send what the parser has to say of it, if anything."""
        self.handshake_complete = self.close_sent = True
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.close()

    def _lose_patience(self) -> None:
        self._patience = None
        self._refuse(TRY_AGAIN_LATER, "you read too slowly")

    def _be_patient(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _refuse(self, code: int, reason: str) -> None:
        if self._has_refused:
            return
        self.conn.fail(code, reason)
        self._say_goodbye()

    def _say_goodbye(self) -> None:
        """Tell the client, and the application at once, that it is over; then wait a little.

        The connection stays half open: closed with bytes unread, it would be reset, and the client
        would not see the code.
        """
        self._has_refused = True
        close = self.conn.close_sent
        if close is not None and not self.close_sent:
            end = {"type": "websocket.disconnect", "code": close.code, "reason": close.reason}
            self.queue.put_nowait(end)  # type: ignore[arg-type]
        self.close_sent = True
        self.writable.set()  # whoever waits to send is told, too
        self.stop_keepalive()
        if not self.transport.is_closing():
            self.transport.write(b"".join(self.conn.data_to_send()))
            if self.transport.can_write_eof():
                self.transport.write_eof()
        self._cut_soon()

    def _cut_soon(self) -> None:
        """Cut the connection in a while: closing would wait for a client that does not read."""
        if self.close_timer is not None:
            self.close_timer.cancel()
        if not self.disconnected:
            self.close_timer = self.loop.call_later(GOODBYE_SECONDS, self.transport.abort)

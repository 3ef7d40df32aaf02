"""The web server's start: one address, one or more processes, a clean end."""

import logging
import resource
import signal
import socket
from dataclasses import dataclass
from types import FrameType

from django.conf import settings
from uvicorn import Config, Server
from uvicorn.supervisors import ChangeReload, Multiprocess

from taskqueue_site.socket_protocol import MESSAGE_BYTES, PING_SECONDS, TellingSocket

logger = logging.getLogger(__name__)

APPLICATION = "taskqueue_site.asgi:application"
BACKLOG = 4096
#: After SIGTERM requests may take this long; then they are answered 503.
GRACE_SECONDS = 10
#: Below this many file descriptors thousands of sockets would not fit.
COMFORTABLE_FILES = 10_000


class AddressInUse(Exception):
    """Nothing can listen there; the message says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where to listen."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def serve(address: Address, *, reload: bool = False) -> None:
    """Serve until SIGTERM or SIGINT, then return.

    Raises:
        AddressInUse: another process listens there, or the address is not this machine's.
    """
    listener = listen(address)
    _raise_file_limit()
    config = _config(reload=reload)
    server = Server(config)

    def leave(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    # uvicorn takes signals only once its loop runs, and raises the one that stopped it again at
    # its end: a signal before that must not be lost, and one after it must do nothing.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
    logger.info(
        "Serving on %s (%d process(es) of %d threads)",
        address,
        config.workers,
        settings.WEB_THREADS,
    )
    if reload:
        ChangeReload(config, target=server.run, sockets=[listener]).run()
    elif config.workers > 1:
        Multiprocess(config, sockets=[listener]).run()
    else:
        server.run(sockets=[listener])
    logger.info("Stopped serving on %s", address)


def listen(address: Address) -> socket.socket:
    """A listening socket; connections wait in it until the application is up."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address.host, address.port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        raise AddressInUse(f"Cannot listen on {address}: {reason}.") from error
    listener.set_inheritable(True)
    return listener


def _config(*, reload: bool) -> Config:
    return Config(
        APPLICATION,
        loop="uvloop",
        http="httptools",
        ws=TellingSocket,
        ws_per_message_deflate=False,
        ws_max_size=MESSAGE_BYTES,
        ws_ping_interval=PING_SECONDS,
        lifespan="on",
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=GRACE_SECONDS,
        reload=reload,
        reload_dirs=[str(settings.BASE_DIR)] if reload else None,
        workers=1 if reload else settings.WEB_PROCESSES,
    )


def _raise_file_limit() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if hard != resource.RLIM_INFINITY and hard < COMFORTABLE_FILES:
        logger.warning("Only %d files may be open here: that many sockets at most", hard)

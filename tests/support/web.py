"""Real web processes."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import orjson
from websockets.sync.client import ClientConnection, connect

from taskqueue_site.up.ports import free_port
from tests.support.waiting import PATIENCE_SECONDS, wait_for
from tests.support.workers import ROOT, START_SECONDS


class WebProcess:
    """One `manage.py serve`, as an operator starts it."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        self.port = int(environment.get("PORT") or free_port())
        self.url = f"http://127.0.0.1:{self.port}"
        # A file: nobody reads along, and a full pipe would stop the server.
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the process
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", *arguments],
            cwd=ROOT,
            env=os.environ | {"PORT": str(self.port)} | environment,
            stderr=self.log,
        )

    def wait_until_up(self) -> None:
        """Until a request is answered."""
        wait_for(self._answers, seconds=START_SECONDS, what=f"a server on {self.url}")

    def stop(self, *, by: signal.Signals = signal.SIGTERM) -> int:
        """Signal it, and give the exit status."""
        self.process.send_signal(by)
        return self.process.wait(PATIENCE_SECONDS)

    def has_used_up_its_grace(self) -> bool:
        """Whether it had to break off what was still open when it ended."""
        return "timeout graceful shutdown exceeded" in self.said()

    def socket(self, path: str, **options: Any) -> ClientConnection:
        """An open socket of this site's own origin, unless the options say otherwise."""
        options = {"origin": self.url, "compression": None} | options
        return connect(f"ws://127.0.0.1:{self.port}{path}", **options)

    def _answers(self) -> bool:
        assert self.process.poll() is None, f"serve ended: {self.said()}"
        try:
            return httpx.get(f"{self.url}/healthz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def said(self) -> str:
        self.log.seek(0)
        return self.log.read()


@contextmanager
def running_web(*arguments: str, **environment: str) -> Iterator[WebProcess]:
    """A web process that answers; gone at the end, whatever happened."""
    web = WebProcess(*arguments, **environment)
    try:
        web.wait_until_up()
        yield web
    finally:
        if web.process.poll() is None:
            web.process.terminate()
            try:
                web.process.wait(15)
            except subprocess.TimeoutExpired:
                web.process.kill()
                web.process.wait()
        web.log.close()


def read(socket: ClientConnection, *, seconds: float = 30.0) -> dict[str, Any]:
    """The next message of a socket."""
    message: dict[str, Any] = orjson.loads(socket.recv(timeout=seconds))
    return message

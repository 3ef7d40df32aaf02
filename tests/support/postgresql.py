"""A private PostgreSQL for a test run."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from taskqueue_site.up.orphans import die_with_parent
from taskqueue_site.up.ports import free_port
from tests.support.process_tree import descendants

READY_SECONDS = 30.0
STOP_SECONDS = 20.0
UNPRIVILEGED = "postgres"


def why_not() -> str:
    """Why this machine cannot start a PostgreSQL; empty when it can."""
    if binaries() is None:
        return "no PostgreSQL server found (postgres and initdb, on PATH or in /usr/lib/postgresql)"
    if os.getuid() == 0:
        if shutil.which("setpriv") is None:
            return "running as root, and there is no setpriv to start PostgreSQL as another user"
        try:
            pwd.getpwnam(UNPRIVILEGED)
        except KeyError:
            return f"running as root, and there is no user {UNPRIVILEGED} to start PostgreSQL as"
    return ""


def binaries() -> Path | None:
    """The folder that holds `initdb` and `postgres`: PATH's, else the newest Debian one."""
    on_path = shutil.which("initdb")
    if on_path and shutil.which("postgres"):
        return Path(on_path).resolve().parent
    installed = [
        folder
        for folder in Path("/usr/lib/postgresql").glob("*/bin")
        if (folder / "initdb").exists() and (folder / "postgres").exists()
    ]
    return max(installed, key=lambda folder: float(folder.parent.name), default=None)


class PostgresServer:
    """A server with its data in a temporary folder.

    Unless it is to be as in production, a commit survives the death of all its processes, which is
    what tests can bring about, and does not wait for the disk (`fsync` off); and what it knows of a
    table changes when a test asks for it, not now and then (`autovacuum` off).
    """

    def __init__(self, *, as_in_production: bool = False) -> None:
        self._options = () if as_in_production else ("-c", "fsync=off", "-c", "autovacuum=off")
        self.port = free_port()
        self.folder = Path()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """DATABASE_URL of a database that the test run creates."""
        return f"postgresql://taskqueue@127.0.0.1:{self.port}/test_taskqueue"

    def start(self) -> None:
        """Make a cluster, start the server and wait until it takes connections."""
        place = binaries()
        if place is None:
            raise RuntimeError(why_not())
        self.folder = Path(tempfile.mkdtemp(prefix="taskqueue-postgresql-"))
        if os.getuid() == 0:
            shutil.chown(self.folder, UNPRIVILEGED)
        data = self.folder / "data"
        initdb = [str(place / "initdb"), "-D", str(data), "-U", "taskqueue", "-A", "trust"]
        initdb += ["-E", "UTF8", "--locale=C", "--no-sync"]
        made = subprocess.run(  # an error shows what initdb said
            [*self._unprivileged(), *initdb], cwd="/", capture_output=True, text=True, check=False
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed: {made.stderr.strip()}")
        self.run(place)

    def run(self, place: Path) -> None:
        """Start the server on its data, and wait until it takes connections."""
        data = self.folder / "data"
        log = (self.folder / "server.log").open("ab")
        command = [str(place / "postgres"), "-D", str(data), "-p", str(self.port)]
        command += ["-k", str(self.folder), "-h", "127.0.0.1", "-c", "max_connections=200"]
        command += self._options
        with log:
            self.process = subprocess.Popen(
                [*self._unprivileged(), *command],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGINT),
            )
        self._wait(place)

    def crash(self) -> None:
        """End the server at once and without a checkpoint; `run` starts it again."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(timeout=STOP_SECONDS)

    def processes(self) -> set[int]:
        """All of the server's processes."""
        if self.process is None:
            return set()
        return {self.process.pid, *descendants(self.process.pid)}

    def stop(self) -> None:
        """Stop the server at once for its clients, and remove its data."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(timeout=STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGQUIT)
                self.process.wait()
            self.process = None
        if self.folder != Path():
            shutil.rmtree(self.folder, ignore_errors=True)

    def _unprivileged(self) -> list[str]:
        """What to put before a command: PostgreSQL refuses to run as root.

        The kernel forgets the parent-death signal when the user changes, so setpriv sets it again.
        """
        if os.getuid() != 0:
            return []
        user = ["--reuid", UNPRIVILEGED, "--regid", UNPRIVILEGED, "--init-groups"]
        return ["setpriv", *user, "--pdeathsig", "INT", "--"]

    def _wait(self, place: Path) -> None:
        ready = [str(place / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        deadline = time.monotonic() + READY_SECONDS
        while subprocess.run(ready, check=False).returncode:
            ended = self.process is None or self.process.poll() is not None
            if ended or time.monotonic() > deadline:
                said = (self.folder / "server.log").read_text(errors="replace")[-2000:]
                self.stop()
                raise RuntimeError(f"PostgreSQL did not start:\n{said}")
            time.sleep(0.05)

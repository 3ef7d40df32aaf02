"""One program that the supervisor keeps running."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field

from taskqueue_site.up.orphans import die_with_parent
from taskqueue_site.up.stream import LineSplitter

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 30.0
"""After running this long a program's next failure counts as its first."""


@dataclass(slots=True)
class Program:
    """A command under a name, its process while it runs, and when it may start again."""

    name: str
    command: list[str]
    keep_running: bool = True
    """Start it again when it ends by itself."""
    process: subprocess.Popen[bytes] | None = None
    splitter: LineSplitter = field(default_factory=LineSplitter)
    failures: int = 0
    started_at: float = 0.0
    start_again_at: float | None = None
    """On the monotonic clock; None while it runs, or is not to run."""
    status: int | None = None
    """Exit status of the last process, negative for a signal; None before the first has ended."""

    def start(self) -> int:
        """Start it in a session of its own; gives the descriptor of what it says."""
        self.start_again_at = None
        self.started_at = time.monotonic()
        self.splitter = LineSplitter()
        self.process = subprocess.Popen(  # noqa: S603
            self.command,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C in the terminal reaches the supervisor alone
            preexec_fn=die_with_parent(signal.SIGKILL),
        )
        if self.process.stdout is None:
            raise RuntimeError("a pipe was asked for")
        os.set_blocking(self.process.stdout.fileno(), False)
        return self.process.stdout.fileno()

    def bury(self) -> str:
        """Forget a process that has ended, and end what it left; gives how it ended, in words."""
        if self.process is None or self.process.stdout is None:
            raise RuntimeError(f"{self.name} does not run")
        self.kill()
        self.status = self.process.wait()
        self.process.stdout.close()
        self.process = None
        if self.status < 0:
            return f"was killed by {signal.Signals(-self.status).name}"
        return f"ended with status {self.status}"

    def pause_before_restart(self) -> float:
        """Seconds to wait, doubling with each failure in a row; sets when it may start again."""
        now = time.monotonic()
        if now - self.started_at >= STEADY_SECONDS:
            self.failures = 0
        pause = min(FIRST_PAUSE_SECONDS * 2.0**self.failures, LONGEST_PAUSE_SECONDS)
        self.failures += 1
        self.start_again_at = now + pause
        return pause

    def may_start(self, now: float) -> bool:
        """Whether its pause is over."""
        return self.start_again_at is not None and now >= self.start_again_at

    def terminate(self) -> None:
        """Ask it to end: its first process only, once; that one knows what to do with others."""
        self.start_again_at = None
        if self.process is not None:
            self.process.terminate()

    def kill(self) -> None:
        """End it and every process of its session."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

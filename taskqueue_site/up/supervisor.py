"""Keeps programs running, shows what they say, and stops them in good order."""

import os
import selectors
import signal
import time
from collections.abc import Callable, Sequence

from taskqueue_site.up.program import Program
from taskqueue_site.up.stream import Stream

ME = "up"
TURN_SECONDS = 0.2
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SECOND_SIGNAL_SECONDS = 1.0
"""A signal this soon after the first is its echo: `make` and `timeout` pass theirs on as well."""
READ_BYTES = 65536


class StopAsked(Exception):
    """Somebody wants us to stop."""


class ProgramFailed(Exception):
    """A program that had to succeed did not; `status` is its exit status."""

    def __init__(self, name: str, status: int) -> None:
        self.status = status
        super().__init__(f"{name} ended with status {status}")


class Supervisor:
    """A single-threaded loop around child processes, their pipes and our signals."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._programs: list[Program] = []
        self._selector = selectors.DefaultSelector()
        self._stop_asked_at: float | None = None
        self._kill_asked = False
        self._is_stopping = False
        self._bell, bell_end = os.pipe()
        for end in (self._bell, bell_end):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(bell_end, warn_on_full_buffer=False)
        self._selector.register(self._bell, selectors.EVENT_READ)
        for number in STOP_SIGNALS:
            signal.signal(number, self._on_signal)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # so that it wakes us

    def say(self, line: str) -> None:
        """A line of the supervisor's own."""
        self._stream.say(ME, line)

    def start(self, program: Program) -> None:
        """Start a program and keep it running from now on."""
        self._programs.append(program)
        self._launch(program)

    def complete(self, program: Program) -> None:
        """Run a program to its end.

        Raises:
            ProgramFailed: it did not end with status 0.
            StopAsked: a signal came; `stop` ends the program.
        """
        program.keep_running = False
        self.start(program)
        while program.process is not None:
            self._turn()
        self._programs.remove(program)
        if program.status:
            raise ProgramFailed(program.name, program.status)

    def wait_until(self, condition: Callable[[], bool], *, seconds: float) -> bool:
        """Keep going until the condition holds; False when it did not within the time.

        Raises:
            StopAsked: a signal came.
        """
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            self._turn()
        return True

    def run(self) -> None:
        """Keep everything running until a signal comes.

        Raises:
            StopAsked: when it has come.
        """
        while True:
            self._turn()

    def stop(self, programs: Sequence[Program], *, seconds: float) -> bool:
        """Ask programs to end, kill what has not ended in time or at a second signal.

        Gives whether nothing had to be killed.
        """
        deadline = time.monotonic() + seconds
        self._is_stopping = True
        for program in programs:
            program.terminate()
        clean = True
        while left := [program for program in programs if program.process is not None]:
            if self._kill_asked or time.monotonic() > deadline:
                clean = False
                for program in left:
                    self.say(f"{program.name} does not end: killed")
                    program.kill()
                deadline = time.monotonic() + seconds
                self._kill_asked = False
            self._turn()
        return clean

    def deafen(self) -> None:
        """Ignore what still comes: all has ended, and a late signal must not spoil the status."""
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)

    def running(self, *, but: Sequence[Program] = ()) -> list[Program]:
        """The programs under its care, those in `but` left out."""
        return [program for program in self._programs if program not in but]

    def _launch(self, program: Program) -> None:
        descriptor = program.start()
        self._selector.register(descriptor, selectors.EVENT_READ, program)

    def _turn(self) -> None:
        """Wait for the next thing to happen, at most a moment, and see to it."""
        for key, _ in self._selector.select(TURN_SECONDS):
            if key.data is None:
                os.read(self._bell, READ_BYTES)
            else:
                self._read(key.data, key.fd)
        for program in self._programs:
            self._look_after(program)
        if not self._is_stopping and (self._stop_asked_at is not None or self._stream.is_broken):
            raise StopAsked

    def _read(self, program: Program, descriptor: int) -> bytes:
        try:
            piece = os.read(descriptor, READ_BYTES)
        except BlockingIOError:
            return b""
        for line in program.splitter.feed(piece):
            self._stream.say(program.name, line)
        if not piece:
            self._selector.unregister(descriptor)
        return piece

    def _drain_output(self, program: Program) -> None:
        """Show what is left in the pipe; a grandchild may hold its other end open for ever."""
        if program.process is None or program.process.stdout is None:
            return
        descriptor = program.process.stdout.fileno()
        while descriptor in self._selector.get_map() and self._read(program, descriptor):
            pass
        if descriptor in self._selector.get_map():
            self._selector.unregister(descriptor)

    def _look_after(self, program: Program) -> None:
        may_start = program.keep_running and not self._is_stopping
        if program.process is not None and program.process.poll() is not None:
            self._drain_output(program)
            how = program.bury()
            if may_start:
                pause = program.pause_before_restart()
                self.say(f"{program.name} {how}; starting it again in {pause:g} s")
        elif may_start and program.may_start(time.monotonic()):
            self.say(f"starting {program.name} again")
            self._launch(program)

    def _on_signal(self, number: int, _frame: object) -> None:
        now = time.monotonic()
        if self._stop_asked_at is None:
            self._stop_asked_at = now
        elif now - self._stop_asked_at > SECOND_SIGNAL_SECONDS:
            self._kill_asked = True

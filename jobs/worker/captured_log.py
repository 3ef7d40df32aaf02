"""What a task logs while it runs, kept for its attempt."""

import logging
import time
from collections import deque
from collections.abc import Callable
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Self

from jobs.conf import get_conf
from jobs.domain.outcomes import TaskTimeout
from jobs.domain.payload import clean_text

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

_current: ContextVar["CapturedLog | None"] = ContextVar("jobs_captured_log", default=None)


class CapturedLog:
    """The last records logged inside the block, at most so many and so many bytes of text.

    Inside means: by the thread or coroutine that entered it, and by the coroutines and threads
    that asyncio or asgiref start for it; not by threads that a task starts by itself.
    """

    __slots__ = (
        "_cut_bytes",
        "_cut_records",
        "_grown",
        "_lines",
        "_size",
        "_token",
        "began",
        "is_over",
    )

    def __init__(self, grown: "Callable[[CapturedLog], None]" = lambda _: None) -> None:
        """`grown` is called after each record."""
        self.began = time.monotonic()
        self.is_over = False
        self._grown = grown
        self._lines: deque[bytes] | None = None
        self._size = self._cut_records = self._cut_bytes = 0
        self._token: Token[CapturedLog | None] | None = None

    def __enter__(self) -> Self:
        self._token = _current.set(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.is_over = True
        if self._token is not None:
            _current.reset(self._token)

    def add(self, line: str, *, most_records: int, most_bytes: int) -> None:
        """Keep a line, and let go of the oldest beyond the limits."""
        if self._lines is None:
            self._lines = deque()
        stored = clean_text(line).encode()
        if len(stored) > most_bytes:
            self._cut_bytes += len(stored) - most_bytes
            stored = stored[-most_bytes:].decode(errors="ignore").encode()
        self._lines.append(stored)
        self._size += len(stored)
        while len(self._lines) > most_records or self._size > most_bytes:
            gone = len(self._lines.popleft())
            self._size -= gone
            self._cut_bytes += gone
            self._cut_records += 1
        self._grown(self)

    def tail(self, *, lines: int, most: int) -> str:
        """The last records, as many and as many bytes of them at most; asked by another thread."""
        kept = list(self._lines or ())[-lines:]
        return b"\n".join(kept)[-most:].decode(errors="ignore")

    def text(self) -> str:
        """All that was kept, under a line that says what was cut; storable in any database."""
        if self._lines is None:
            return ""
        text = b"\n".join(self._lines).decode()
        if not self._cut_bytes:
            return text
        return (
            f"[{self._cut_records:,} records before this, {self._cut_bytes:,} bytes, cut]\n{text}"
        )


class CapturingHandler(logging.Handler):
    """Gives each record to the captured log of the task that logs it."""

    def __init__(self) -> None:
        conf = get_conf()
        super().__init__(conf.log_level)
        self.setFormatter(logging.Formatter(_FORMAT))
        self._most_records = conf.log_limit_records
        self._most_bytes = conf.log_limit_bytes

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the record, if a task runs here; one that cannot be formatted says so."""
        log = _current.get()
        if log is None:
            return
        try:
            line = self.format(record)
        except TaskTimeout:  # the supervisor's word to the task, which happened to be in here
            raise
        except Exception as fault:
            line = f"(a record of {record.name} cannot be formatted: {type(fault).__name__})"
        log.add(line, most_records=self._most_records, most_bytes=self._most_bytes)


def capture_logs() -> None:
    """From now on keep what tasks log in this process, as `settings.JOBS` says.

    Loggers keep their own levels and their `propagate`: what they withhold from the root logger is
    not captured.
    """
    if get_conf().log_limit_records:
        logging.getLogger().addHandler(CapturingHandler())

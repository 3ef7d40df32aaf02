"""The work: to write the time into a file that all processes of a run append to."""

import functools
import os
import time
from pathlib import Path

FILE = "MARKS_FILE"
"""The variable that names the file."""
LINE_BYTES = 20


def mark() -> None:
    """Note that it ran, and when. About 2 us."""
    os.write(_file(), b"%d\n" % time.time_ns())


@functools.cache
def _file() -> int:
    return os.open(os.environ[FILE], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)


def count(path: Path) -> int:
    """How many calls have run."""
    return path.stat().st_size // LINE_BYTES if path.exists() else 0


def span_seconds(path: Path) -> float:
    """From the first call to the last."""
    moments = [int(line) for line in path.read_text().split()]
    return (max(moments) - min(moments)) / 1e9

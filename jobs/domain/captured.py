"""The text of an attempt's log, taken apart into its records."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from jobs.conf import LOG_LEVELS

_BEGINS = re.compile(rf"^\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d,\d{{3}} ({'|'.join(LOG_LEVELS)}) ")


class LogRecord(NamedTuple):
    """One record, with all its lines; `level` is "" where the text does not say."""

    level: str
    text: str


def records(log: str) -> Iterator[LogRecord]:
    """The records of a log, in order; what stands before the first has no level."""
    level, lines = "", list[str]()
    for line in log.split("\n") if log else ():
        begins = _BEGINS.match(line)
        if begins:
            if lines:
                yield LogRecord(level, "\n".join(lines))
            level, lines = begins[1], []
        lines.append(line)
    if lines:
        yield LogRecord(level, "\n".join(lines))

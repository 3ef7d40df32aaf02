"""The text of a traceback, taken apart: what of it is the application's own."""

import re
from collections.abc import Iterator

_FRAME = re.compile(r'^ +File "([^"]*)", line \d+')
#: What is installed, Python's own library, and the part of the queue that calls the function. Told
#: by the path alone: the worker that wrote it may have run on another machine.
_FOREIGN = re.compile(
    r"/(?:site|dist)-packages/|/lib(?:64)?/python\d[\d.]*/|^<frozen "
    r"|/jobs/(?:worker|domain|broker|store)/\w+\.py$"
)


def application_part(text: str) -> str:
    """The traceback with runs of frames that are not the application's told as their number.

    The text itself where nothing would be left out, or nothing would be left of its frames.
    """
    lines: list[str] = []
    hidden = own = 0
    for path, block in _blocks(text):
        if path is not None and _FOREIGN.search(path.replace("\\", "/")):
            hidden += 1
            continue
        if hidden:
            lines.append(_left_out(hidden))
            hidden = 0
        own += path is not None
        lines += block
    if hidden:
        lines.append(_left_out(hidden))
    return "\n".join(lines) if own else text


def _blocks(text: str) -> Iterator[tuple[str | None, list[str]]]:
    """Each frame's path with its lines, and with None each other line."""
    path: str | None = None
    block: list[str] = []
    for line in text.splitlines():
        frame = _FRAME.match(line)
        if frame is None and path is not None and line.startswith("    "):
            block.append(line)
            continue
        if block:
            yield path, block
        path, block = (frame[1], [line]) if frame else (None, [line])
    if block:
        yield path, block


def _left_out(count: int) -> str:
    return f"  … {count} {'frame' if count == 1 else 'frames'} of libraries …"

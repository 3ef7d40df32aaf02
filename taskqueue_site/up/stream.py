"""What all processes say, as one stream: each line led by the name of who said it."""

import os
import sys
from typing import TextIO

COLOURS = (36, 33, 32, 35, 34, 96, 93, 92, 95, 94)
LONGEST_LINE = 65536
"""Bytes held back while a line has no end."""


class Stream:
    """Lines of several speakers on one output, coloured on a terminal only."""

    def __init__(self, output: TextIO | None = None) -> None:
        self._output = output or sys.stdout
        self._coloured = self._output.isatty()
        self._width = 9
        self._names: list[str] = []
        self.is_broken = False
        """Nobody reads the output any more."""

    def say(self, name: str, line: str) -> None:
        """Write one line at once."""
        if name not in self._names:
            self._names.append(name)
            self._width = max(self._width, len(name))
        lead = f"{name:<{self._width}} |"
        if self._coloured:
            colour = COLOURS[self._names.index(name) % len(COLOURS)]
            lead = f"\x1b[{colour}m{lead}\x1b[0m"
        try:
            self._output.write(f"{lead} {line}\n")
            self._output.flush()
        except BrokenPipeError:
            self.is_broken = True
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._output.fileno())
            os.close(nowhere)


class LineSplitter:
    """Turns pieces of a pipe into whole lines."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> list[str]:
        """The lines that are complete now; at the end of a pipe (an empty piece) also the rest."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        if self._rest and (not piece or len(self._rest) > LONGEST_LINE):
            lines.append(self._rest)
            self._rest = b""
        return [line.decode(errors="replace").rstrip("\r") for line in lines]

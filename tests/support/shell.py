"""Somebody who types `manage.py tasks`."""

import io
import json
from typing import Any

from django.core.management import call_command
from django.db import connections


class Terminal(io.StringIO):
    """What a person looks at."""

    def isatty(self) -> bool:
        return True


class Shell:
    """Types `manage.py tasks` with the flags of one place."""

    def __init__(self, *flags: str, output: type[io.StringIO] = io.StringIO) -> None:
        self._flags = flags
        self._output = output
        self.said = output()

    def tasks(self, verb: str, *words: object) -> str:
        """What a verb prints."""
        self.said = self._output()
        call_command("tasks", verb, *self._flags, *map(str, words), stdout=self.said)
        return self.said.getvalue()

    def facts(self, verb: str, *words: object) -> Any:
        """What it prints for programs."""
        return json.loads(self.tasks(verb, *words, "--json"))

    def in_thread(self, verb: str, *words: object) -> str:
        """The same, from a thread that leaves no connection behind."""
        try:
            return self.tasks(verb, *words)
        finally:
            connections.close_all()

"""`python -m tests`: the whole suite on each database this machine has, and one verdict.

Further arguments go to pytest. `--database` or TEST_DATABASE keeps it to that one.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from tests.support import chromium, postgresql
from tests.support.plugin import COUNTS_FILE, DATABASES


class Run:
    """The suite on one database, in a process of its own."""

    def __init__(self, *arguments: str, kept_in: IO[bytes] | None = None) -> None:
        """Start it; what it prints goes to the terminal, or is kept in a file."""
        self._folder = tempfile.TemporaryDirectory()
        self._counts = Path(self._folder.name) / "counts"
        self._kept = kept_in
        self._process = subprocess.Popen(
            # a place of its own for temporary files: two runs would clear away each other's
            [sys.executable, "-m", "pytest", f"--basetemp={self._folder.name}/t", *arguments],
            env=os.environ | {COUNTS_FILE: str(self._counts)},
            stdout=kept_in,
            stderr=subprocess.STDOUT if kept_in else None,
        )

    def end(self) -> tuple[int, str]:
        """Wait for it and show what was kept; gives its status, and its counts in words."""
        status = self._process.wait()
        if self._kept:
            self._kept.seek(0)
            shutil.copyfileobj(self._kept, sys.stdout.buffer)
            sys.stdout.flush()
        counts = self._counts.read_text() if self._counts.exists() else "nothing was run"
        self._folder.cleanup()
        return status, counts


def main(arguments: list[str]) -> int:
    """Run, tell each database's verdict at the end, and give 0 when all passed."""
    # A Ctrl-C is left to the runs, so that their servers stop before we end.
    signal.signal(signal.SIGINT, lambda *_: None)
    if "TEST_DATABASE" in os.environ or any(word.startswith("--database") for word in arguments):
        return Run(*arguments).end()[0]
    verdicts = {}
    databases = []
    for database in DATABASES:
        reason = postgresql.why_not() if database == "postgresql" else ""
        if reason and not os.environ.get("TEST_DATABASE_URL"):
            verdicts[f"tests on {database}"] = f"NOT RUN: {reason}"
        else:
            databases.append(database)
    failed = False
    for database, (status, counts) in ended(databases, arguments):
        failed |= status != 0
        verdicts[f"tests on {database}"] = f"FAILED: {counts}" if status else counts
    if reason := chromium.why_not():
        verdicts["tests in a browser"] = f"NOT RUN: {reason}"
    sys.stdout.write("\n=== summary ===\n")
    for what, verdict in verdicts.items():
        sys.stdout.write(f"{what}: {verdict}\n")
    return 1 if failed else 0


def ended(
    databases: Sequence[str], arguments: Sequence[str]
) -> Iterator[tuple[str, tuple[int, str]]]:
    """The runs' ends, in order. They go side by side: most tests wait for something to happen.

    The first is shown as it goes, the others once they have ended.
    """
    with ExitStack() as stack:
        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in databases[1:]]
        runs = [
            Run("--database", database, *arguments, kept_in=file)
            for database, file in zip(databases, [None, *files], strict=True)
        ]
        for database, one in zip(databases, runs, strict=True):
            sys.stdout.write(f"\n=== tests on {database} ===\n")
            sys.stdout.flush()
            yield database, one.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`python -m tests`: the whole suite on each database this machine has, and one verdict.

It goes in several processes side by side, since most tests wait for something to happen. Tests for
which one database is as good as another run on one of them. Further arguments go to pytest, and
then each database has one process. `--database` or TEST_DATABASE keeps it to that one.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from tests.support import chromium, postgresql
from tests.support.plugin import COUNTS_FILE, DATABASES

NOTHING_LEFT = 5
"""pytest's status where no test was chosen."""
#: Servers that others have named cannot be shared: each run empties them.
BORROWED = {"TEST_REDIS_URL", "TEST_DATABASE_URL"}
#: Into how many shares the whole suite falls on each database.
SHARES = 2


class Run:
    """A share of the suite on one database, in a process of its own."""

    def __init__(self, name: str, *arguments: str, kept_in: IO[bytes] | None = None) -> None:
        """Start it; what it prints goes to the terminal, or is kept in a file."""
        self.name = name
        self._folder = tempfile.TemporaryDirectory()
        self._counts = Path(self._folder.name) / "counts"
        self._kept = kept_in
        self._process = subprocess.Popen(
            # a place of its own for temporary files: two runs would clear away each other's
            [sys.executable, "-m", "pytest", f"--basetemp={self._folder.name}/t", *arguments],
            env=_environment() | {COUNTS_FILE: str(self._counts)},
            stdout=kept_in,
            stderr=subprocess.STDOUT if kept_in else None,
        )

    def end(self) -> tuple[int, Counter[str]]:
        """Wait for it and show what was kept; gives its status, and outcome -> tests."""
        sys.stdout.write(f"\n=== tests on {self.name} ===\n")
        sys.stdout.flush()
        status = self._process.wait()
        if self._kept:
            self._kept.seek(0)
            shutil.copyfileobj(self._kept, sys.stdout.buffer)
            sys.stdout.flush()
        counts = json.loads(self._counts.read_text()) if self._counts.exists() else {}
        self._folder.cleanup()
        return status, Counter(counts)


def _environment() -> dict[str, str]:
    """Ours; but hundreds of processes would each compile the product if none might keep it."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def main(arguments: list[str]) -> int:
    """Run, tell each database's verdict at the end, and give 0 when all passed."""
    # A Ctrl-C is left to the runs, so that their servers stop before we end.
    signal.signal(signal.SIGINT, lambda *_: None)
    if "TEST_DATABASE" in os.environ or any(word.startswith("--database") for word in arguments):
        return Run("one database", *arguments).end()[0]
    verdicts = {}
    databases = []
    for database in DATABASES:
        reason = postgresql.why_not() if database == "postgresql" else ""
        if reason and not os.environ.get("TEST_DATABASE_URL"):
            verdicts[f"tests on {database}"] = f"NOT RUN: {reason}"
        else:
            databases.append(database)
    found = ended(databases, arguments)
    failed = not any(counts for _, counts in found.values())
    for database, (passed, counts) in found.items():
        failed |= not passed
        said = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
        said = said or "nothing was run"
        verdicts[f"tests on {database}"] = said if passed else f"FAILED: {said}"
    if reason := chromium.why_not():
        verdicts["tests in a browser"] = f"NOT RUN: {reason}"
    sys.stdout.write("\n=== summary ===\n")
    for what, verdict in verdicts.items():
        sys.stdout.write(f"{what}: {verdict}\n")
    return 1 if failed else 0


def ended(
    databases: Sequence[str], arguments: Sequence[str]
) -> dict[str, tuple[bool, Counter[str]]]:
    """Run; gives for each database whether all passed, and outcome -> tests.

    The first process is shown as it goes, the others once they have ended.
    """
    shares = 1 if arguments or BORROWED & os.environ.keys() else SHARES
    with ExitStack() as stack:
        runs: list[tuple[str, Run]] = []
        for place, database in enumerate(databases, start=1):
            for number in range(1, shares + 1):
                share = [f"--share={number}/{shares}", f"--turn={place}/{len(databases)}"]
                name = database if shares == 1 else f"{database}, {number} of {shares}"
                kept = stack.enter_context(tempfile.TemporaryFile()) if runs else None
                words = ["--database", database, *share, *arguments]
                runs.append((database, Run(name, *words, kept_in=kept)))
        verdicts = {database: (True, Counter[str]()) for database in databases}
        for database, run in runs:
            status, counts = run.end()
            # of a few tests that one database is enough for, nothing may be left for another
            passed = status == 0 or (status == NOTHING_LEFT and len(databases) > 1)
            verdicts[database] = (
                verdicts[database][0] and passed,
                verdicts[database][1] + counts,
            )
    return verdicts


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

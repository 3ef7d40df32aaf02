"""`python -m tests`: the whole suite on each database this machine has, and one verdict.

Further arguments go to pytest. `--database` or TEST_DATABASE keeps it to that one.
"""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.support import chromium, postgresql
from tests.support.plugin import COUNTS_FILE, DATABASES


def run(*arguments: str) -> tuple[int, str]:
    """The status of one run, and its counts in words.

    A Ctrl-C is left to the run, so that its servers stop before it ends.
    """
    signal.signal(signal.SIGINT, lambda *_: None)
    with tempfile.TemporaryDirectory() as folder:
        counts = Path(folder) / "counts"
        status = subprocess.run(
            [sys.executable, "-m", "pytest", *arguments],
            env=os.environ | {COUNTS_FILE: str(counts)},
            check=False,
        ).returncode
        return status, counts.read_text() if counts.exists() else "nothing was run"


def main(arguments: list[str]) -> int:
    """Run, tell each database's verdict at the end, and give 0 when all passed."""
    if "TEST_DATABASE" in os.environ or any(word.startswith("--database") for word in arguments):
        return run(*arguments)[0]
    verdicts = {}
    failed = False
    for database in DATABASES:
        reason = postgresql.why_not() if database == "postgresql" else ""
        if reason and not os.environ.get("TEST_DATABASE_URL"):
            verdicts[f"tests on {database}"] = f"NOT RUN: {reason}"
            continue
        sys.stdout.write(f"\n=== tests on {database} ===\n")
        sys.stdout.flush()
        status, counts = run("--database", database, *arguments)
        failed |= status != 0
        verdicts[f"tests on {database}"] = f"FAILED: {counts}" if status else counts
        if status == pytest.ExitCode.INTERRUPTED:
            break
    if reason := chromium.why_not():
        verdicts["tests in a browser"] = f"NOT RUN: {reason}"
    sys.stdout.write("\n=== summary ===\n")
    for what, verdict in verdicts.items():
        sys.stdout.write(f"{what}: {verdict}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

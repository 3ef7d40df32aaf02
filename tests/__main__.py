"""`python -m tests`: the whole suite on each database this machine has, and one verdict.

Further arguments go to pytest. `--database` or TEST_DATABASE keeps it to that one.
"""

import os
import signal
import subprocess
import sys

import pytest

from tests.support import postgresql
from tests.support.plugin import DATABASES


def run(*arguments: str) -> int:
    """The status of one run; a Ctrl-C is left to it, and its servers stop before it ends."""
    signal.signal(signal.SIGINT, lambda *_: None)
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False).returncode


def main(arguments: list[str]) -> int:
    """Run, tell each database's verdict at the end, and give 0 when all passed."""
    if "TEST_DATABASE" in os.environ or any(word.startswith("--database") for word in arguments):
        return run(*arguments)
    verdicts = {}
    statuses = []
    for database in DATABASES:
        reason = postgresql.why_not() if database == "postgresql" else ""
        if reason and not os.environ.get("TEST_DATABASE_URL"):
            verdicts[database] = f"NOT RUN: {reason}"
            continue
        sys.stdout.write(f"\n=== tests on {database} ===\n")
        sys.stdout.flush()
        status = run("--database", database, *arguments)
        verdicts[database] = "passed" if status == 0 else f"FAILED (status {status})"
        statuses.append(status)
        if status == pytest.ExitCode.INTERRUPTED:
            break
    sys.stdout.write("\n=== summary ===\n")
    for database, verdict in verdicts.items():
        sys.stdout.write(f"tests on {database}: {verdict}\n")
    return 1 if any(statuses) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

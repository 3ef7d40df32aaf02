"""What a figure was taken on."""

import os
import platform
import re
import sqlite3
import subprocess
from pathlib import Path

from taskqueue_site.up.redis_server import find_binary
from tests.support.postgresql import binaries

#: Of all cores; above it other work takes part of the machine.
BUSY_SHARE = 0.25


def machine() -> str:
    """One line: cores, versions, and the load before the first measure."""
    folder = binaries()
    parts = [
        f"{os.cpu_count()} cores",
        f"Python {platform.python_version()}",
        f"Redis {_version(find_binary())}",
        f"PostgreSQL {_version(folder / 'postgres')}" if folder else "no PostgreSQL",
        f"SQLite {sqlite3.sqlite_version}",
        f"load average {os.getloadavg()[0]:.2f}",
    ]
    return ", ".join(parts)


def warning() -> str:
    """What to know before figures are believed; empty when the machine is quiet."""
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load <= BUSY_SHARE * cores:
        return ""
    return (
        f"the machine is busy: load average {load:.2f} on {cores} cores before the start; "
        "what is measured now is too low by what others take"
    )


def _version(binary: Path) -> str:
    said = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"\d+\.[\d.]+\d", said)
    return found[0] if found else "of an unknown version"

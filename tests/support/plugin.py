"""The pytest plugin of this suite: its servers, its markers, and what a machine could not run.

Loaded with `-p` because Django's settings are read before any conftest.py, and they read the
addresses of the servers from the environment.
"""

import os
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.support import chromium, postgresql
from tests.support.servers import CannotRun, Servers

DATABASES = ("sqlite", "postgresql")
MARKERS = (
    "acceptance: starts real processes of the product",
    "browser: drives a real Chromium",
)
COUNTS_FILE = "TEST_COUNTS_FILE"
"""The variable that names a file for the last line's counts."""
SERVERS = pytest.StashKey[Servers]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=DATABASES,
        default=os.environ.get("TEST_DATABASE") or "sqlite",
        help="the database to test on (default: TEST_DATABASE, else sqlite)",
    )


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    arguments = early_config.known_args_namespace
    if not (arguments.help or arguments.version or arguments.markers):
        servers = Servers(arguments.database)
        early_config.add_cleanup(servers.stop)
        early_config.stash[SERVERS] = servers
        try:
            servers.start()
        except CannotRun as reason:
            raise pytest.UsageError(f"--database {arguments.database}: {reason}") from None
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)


def pytest_report_header(config: pytest.Config) -> str:
    return f"database: {config.getoption('--database')}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reason = chromium.why_not()
    for item in items:
        if reason and item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=reason))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List what this machine could not run, with the reason."""
    missing = Counter(
        str(report.longrepr[2]).removeprefix("Skipped: ")
        for report in terminalreporter.stats.get("skipped", [])
    )
    lines = [f"{count} tests: {reason}" for reason, count in missing.items()]
    no_postgresql = "" if os.environ.get("TEST_DATABASE_URL") else postgresql.why_not()
    if no_postgresql:
        lines.append(f"every test on PostgreSQL: {no_postgresql}")
    if lines:
        terminalreporter.section("not run on this machine", sep="-")
        for line in lines:
            terminalreporter.line(line)
    if COUNTS_FILE in os.environ:
        parts, _ = terminalreporter.build_summary_stats_line()
        Path(os.environ[COUNTS_FILE]).write_text(", ".join(text for text, _ in parts))

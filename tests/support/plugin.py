"""The pytest plugin of this suite: its servers, its markers, and what a machine could not run.

Loaded with `-p` because Django's settings are read before any conftest.py, and they read the
addresses of the servers from the environment.
"""

import json
import os
from collections import Counter
from collections.abc import Generator, Iterable
from pathlib import Path

import pytest

from tests.support import chromium, postgresql
from tests.support.servers import CannotRun, Servers

DATABASES = ("sqlite", "postgresql")
MARKERS = (
    "acceptance: starts real processes of the product",
    "browser: drives a real Chromium",
    "one_database: uses none, or does the same on any: where several are tested, on one of them",
)
ONE_DATABASE = ("tests/unit/", "tests/architecture/", "tests/browser/")
"""Where all tests are one_database."""
COUNTS_FILE = "TEST_COUNTS_FILE"
"""The variable that names a file for the counts: outcome -> tests."""
TOLD = "told"
"""The property by which a test says at the end of the run what it did (`record_property`)."""
SERVERS = pytest.StashKey[Servers]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=DATABASES,
        default=os.environ.get("TEST_DATABASE") or "sqlite",
        help="the database to test on (default: TEST_DATABASE, else sqlite)",
    )
    parser.addoption(
        "--turn",
        type=_share,
        default=(1, 1),
        metavar="N/M",
        help="of the files with tests that are marked one_database, run those tests in the Nth of "
        f"M shares; the tests of {', '.join(ONE_DATABASE)} are all marked",
    )
    parser.addoption(
        "--share",
        type=_share,
        default=(1, 1),
        metavar="N/M",
        help="run the Nth of M shares of the files; all M together run each file once",
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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if item.nodeid.startswith(ONE_DATABASE):
            item.add_marker("one_database")
    once = {item.path for item in items if item.get_closest_marker("one_database")}
    elsewhere = once - share_of(once, *config.getoption("--turn"))
    here = [
        item
        for item in items
        if not (item.path in elsewhere and item.get_closest_marker("one_database"))
    ]
    files = share_of({item.path for item in here}, *config.getoption("--share"))
    chosen = [item for item in here if item.path in files]
    others = list(set(items).difference(chosen))
    if others:
        config.hook.pytest_deselected(items=others)
        items[:] = chosen
    reason = chromium.why_not()
    for item in items:
        if reason and item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=reason))


def share_of(files: Iterable[Path], number: int, count: int) -> set[Path]:
    """The files of that share, the first is 1; neighbours fall into different shares."""
    return set(sorted(files)[number - 1 :: count])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List what tests have to tell, and what this machine could not run, with the reason."""
    for report in terminalreporter.stats.get("passed", []):
        for name, what in report.user_properties:
            if name == TOLD:
                terminalreporter.line(f"{report.nodeid.partition('::')[0]}: {what}")
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
        told_of = ("failed", "error", "passed", "skipped")
        counts = {each: len(terminalreporter.stats.get(each, [])) for each in told_of}
        Path(os.environ[COUNTS_FILE]).write_text(json.dumps(counts))


def _share(text: str) -> tuple[int, int]:
    number, count = map(int, text.split("/"))
    if not 1 <= number <= count:
        raise ValueError(text)
    return number, count

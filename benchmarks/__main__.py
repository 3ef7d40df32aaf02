"""`python -m benchmarks NAME…`: each run in a process of its own, on servers of its own.

`python -m benchmarks report FILE` prints the tables of a JSON file as Markdown.
"""

import argparse
import itertools
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from benchmarks import machine, rows
from benchmarks.figures import Reading
from benchmarks.measures import MEASURES
from benchmarks.peers.comparison import DEFAULT_PYTHON, compared
from benchmarks.series import MARK
from tests.support import chromium
from tests.support.postgresql import why_not

DATABASES = ("sqlite", "postgresql")
SERIES_SECONDS = 1800
REHEARSAL = 50
"""Tasks, and ended tasks, of a rehearsal."""


def main() -> int:
    """Take what the command line names; the exit status tells whether all could be taken."""
    if sys.argv[1:2] == ["report"]:
        return report(sys.argv[2:])
    options = parse()
    told = machine.machine()
    print(told)
    if problem := machine.warning():
        print(f"warning: {problem}")
    taken: list[rows.Row] = []
    failures: list[str] = []
    for row in everything(options, told, failures):
        print(rows.line(row), flush=True)
        taken.append(row)
        if options.json:  # after each: what was measured outlives what fails later
            options.json.write_text(json.dumps(taken, indent=2) + "\n")
    for failure in failures:
        print(failure, file=sys.stderr)
    return 1 if failures else 0


def everything(options: argparse.Namespace, told: str, failures: list[str]) -> Iterator[rows.Row]:
    """The rows, as they come; what could not be measured is added to `failures`."""
    databases = present(options.database or DATABASES)
    names = possible(options.names or list(MEASURES))
    groups = [names] if options.rehearse else [[name] for name in names]
    for database, group in itertools.product(databases, groups):
        try:
            found = readings(group, database, options)
        except subprocess.SubprocessError as error:
            failures.append(f"{', '.join(group)} on {database} failed: {error}")
            continue
        for name, runs in found.items():
            by_figure = zip(MEASURES[name].figures, zip(*runs, strict=True), strict=True)
            for figure, each in by_figure:
                yield rows.row(figure, database, each, machine=told)
    if options.peers:
        yield from compared(options, databases, machine=told, failures=failures)


def present(databases: Sequence[str]) -> list[str]:
    """Those that this machine has; what it lacks is said."""
    reason = why_not() if "postgresql" in databases else ""
    if reason:
        print(f"postgresql: not measured: {reason}")
    return [each for each in databases if not (each == "postgresql" and reason)]


def possible(names: Sequence[str]) -> list[str]:
    """Those that this machine can take; what it lacks is said."""
    reason = chromium.why_not()
    lacking = [name for name in names if reason and MEASURES[name].needs_browser]
    for name in lacking:
        print(f"{name}: not measured: {reason}")
    return [name for name in names if name not in lacking]


def readings(
    names: list[str], database: str, options: argparse.Namespace
) -> dict[str, list[list[Reading]]]:
    """What each of the measures gave in each run. They share a world; runs do if they must."""
    together = options.rehearse or MEASURES[names[0]].one_world
    found: dict[str, list[list[Reading]]] = defaultdict(list)
    for _ in range(1 if together else options.runs):
        command = [sys.executable, "-m", "benchmarks.series", *names, "--database", database]
        command += ["--count", str(options.count or MEASURES[names[0]].count)]
        command += ["--workers", str(options.workers), "--history", str(options.history)]
        command += ["--runs", str(options.runs if together else 1)]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, text=True, timeout=SERIES_SECONDS, check=True
        )
        for line in done.stdout.splitlines():
            if line.startswith(MARK):
                name, values = json.loads(line.removeprefix(MARK))
                found[name].append([Reading(*each) for each in values])
    return found


def report(words: list[str]) -> int:
    """Print the tables of the file that the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks report")
    parser.add_argument("file", type=Path, help="what --json wrote")
    path: Path = parser.parse_args(words).file
    try:
        print(rows.markdown(json.loads(path.read_text())))
    except OSError as error:
        parser.error(f"FILE is {str(path)!r}: {error.strerror}")
    except (ValueError, TypeError, KeyError):
        parser.error(f"FILE is {str(path)!r}: it must be what --json wrote")
    return 0


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MEASURES))
    parser.add_argument("--database", action="append", choices=DATABASES, help="default: both")
    parser.add_argument("--count", type=_from(2), help="how many tasks (default: each its own)")
    parser.add_argument("--workers", type=_from(1), default=2, help="worker trees (default 2)")
    parser.add_argument("--runs", type=_from(1), default=3, help="for each median (default 3)")
    parser.add_argument(
        "--history",
        type=_from(1),
        default=1_000_000,
        help="ended tasks in the tables of noop-loaded, http-list and bulk-requeue (1000000)",
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the rows there")
    parser.add_argument(
        "--peers", action="store_true", help="the same work on the other queues that are installed"
    )
    parser.add_argument(
        "--peers-python",
        metavar="FILE",
        type=Path,
        default=DEFAULT_PYTHON,
        help="the Python that has the other queues (default: the one that make bench makes)",
    )
    parser.add_argument(
        "--rehearse",
        action="store_true",
        help=f"everything once with {REHEARSAL} tasks on the same servers: figures mean nothing",
    )
    options = parser.parse_args()
    for name in options.names:
        if name not in MEASURES:
            parser.error(f"NAME is {name!r}: it must be one of {', '.join(MEASURES)}")
    if options.rehearse:
        options.runs, options.count, options.history = 1, REHEARSAL, REHEARSAL
    return options


def _from(least: int) -> Callable[[str], int]:
    """The type of an option that is a number of things; argparse names the option."""

    def number(text: str) -> int:
        found = int(text) if text.isascii() and text.isdigit() else least - 1
        if found < least:
            raise argparse.ArgumentTypeError(f"{text!r}: it must be a whole number from {least}")
        return found

    return number


if __name__ == "__main__":
    sys.exit(main())

"""`python -m benchmarks NAME…`: each run in a process of its own, on servers of its own."""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks.measures import MEASURES
from benchmarks.world import a_world
from tests.support.postgresql import why_not

DATABASES = ("sqlite", "postgresql")


def main() -> int:
    """Take the named measures and print a table; the exit status tells whether all were taken."""
    options = parse()
    if options.one_run:
        measure = MEASURES[options.names[0]]
        with a_world(
            database=options.database[0],
            count=options.count or measure.count,
            workers=options.workers,
        ) as world:
            print(f"VALUE {measure.take(world)}")
        return 0
    rows = []
    for database in options.database or DATABASES:
        if database == "postgresql" and (reason := why_not()):
            print(f"postgresql: not measured: {reason}")
            continue
        rows += [measured(name, database, options) for name in options.names or MEASURES]
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=2) + "\n")
    return 0


def measured(name: str, database: str, options: argparse.Namespace) -> dict[str, object]:
    """The median of the runs of one measure, printed as a line of the table."""
    runs = [one_run(name, database, options) for _ in range(options.runs)]
    row: dict[str, object] = {
        "name": name,
        "database": database,
        "value": round(statistics.median(runs), 2),
        "unit": MEASURES[name].unit,
        "runs": [round(run, 2) for run in runs],
    }
    spread = f"({min(runs):,.1f} to {max(runs):,.1f})"
    print(f"{name:15} {database:11} {row['value']:>12,.1f} {row['unit']:8} {spread}", flush=True)
    return row


def one_run(name: str, database: str, options: argparse.Namespace) -> float:
    """One run's value; a run that fails ends the program with what it said."""
    command = [sys.executable, "-m", "benchmarks", name, "--database", database, "--one-run"]
    command += ["--workers", str(options.workers)]
    command += ["--count", str(options.count)] if options.count else []
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    values = [line for line in done.stdout.splitlines() if line.startswith("VALUE ")]
    if done.returncode or not values:
        sys.exit(f"{name} on {database} failed:\n{done.stdout}{done.stderr}")
    return float(values[-1].removeprefix("VALUE "))


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MEASURES))
    parser.add_argument("--database", action="append", choices=DATABASES, help="default: both")
    parser.add_argument("--count", type=int, help="how many tasks (default: the measure's own)")
    parser.add_argument("--workers", type=int, default=2, help="worker trees (default 2)")
    parser.add_argument("--runs", type=int, default=3, help="runs for each median (default 3)")
    parser.add_argument("--json", metavar="FILE", help="also write the rows there")
    parser.add_argument("--one-run", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    for name in options.names:
        if name not in MEASURES:
            parser.error(f"NAME is {name!r}: it must be one of {', '.join(MEASURES)}")
    return options


if __name__ == "__main__":
    sys.exit(main())

"""One process of a measurement: `python -m benchmarks.series` takes runs in one world.

Each run prints a line `READINGS` with what `rows.row` makes lines of the table of.
"""

import argparse
import json

from benchmarks.measures import MEASURES
from benchmarks.world import a_world

MARK = "READINGS "


def main() -> None:
    """Make a world, and take each of the measures in it as often as asked."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.series", description=__doc__)
    parser.add_argument("names", nargs="+", choices=MEASURES)
    parser.add_argument("--database", required=True)
    for name in ("count", "workers", "history", "runs"):
        parser.add_argument(f"--{name}", type=int, required=True)
    options = parser.parse_args()
    with a_world(
        database=options.database,
        count=options.count,
        workers=options.workers,
        history=options.history,
    ) as world:
        for name in options.names:
            for _ in range(options.runs):
                readings = [[*reading] for reading in MEASURES[name].take(world)]
                print(MARK + json.dumps([name, readings]), flush=True)


if __name__ == "__main__":
    main()

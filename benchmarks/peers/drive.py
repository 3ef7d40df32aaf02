"""`python -m benchmarks.peers.drive APP COUNT SINGLES`: enqueue COUNT calls, the first one by one.

Runs with the queue's own Python. Prints how many seconds SINGLES calls took after the very first,
which opens connections.
"""

import importlib
import sys
import time
from typing import Any


def main(app: str, count: int, singles: int) -> None:
    """Prepare the queue's tables, time the single calls, and add the rest."""
    queue: Any = importlib.import_module(app)
    if hasattr(queue, "prepare"):
        queue.prepare()
    queue.enqueue()
    began = time.perf_counter()
    for _ in range(singles):
        queue.enqueue()
    print("SECONDS", time.perf_counter() - began)
    rest = count - singles - 1
    if rest and hasattr(queue, "enqueue_many"):
        queue.enqueue_many(rest)
        return
    for _ in range(rest):
        queue.enqueue()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))

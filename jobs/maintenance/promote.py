"""Make due tasks pending, and ring for them."""

import time

from jobs.broker import changes, tickets
from jobs.store.promote import promote_due

#: Rows per transaction, and transactions per call: a flood of due tasks must not keep the caller
#: from its other duties.
CHUNK = 1000
MOST_CHUNKS = 10


def promote() -> int:
    """Promote what has fallen due, up to `CHUNK * MOST_CHUNKS` tasks; gives how many."""
    promoted = 0
    for _ in range(MOST_CHUNKS):
        places = promote_due(now=time.time(), limit=CHUNK)
        if places:
            tickets.ring(places)
            changes.tell([task_id for _, task_id in places[: changes.MOST_PER_ENTRY]])
        promoted += len(places)
        if len(places) < CHUNK:
            break
    return promoted

"""Add up the minutes that are over."""

from datetime import timedelta

from django.utils import timezone

from jobs.domain.periods import MINUTE, floor
from jobs.store import fold as store

#: Minutes are left alone for so long after their end: most that is to be counted in them has come.
SETTLED = timedelta(minutes=1)
#: Rows per transaction, and transactions per call: others must come to their turn.
CHUNK = 200
MOST_CHUNKS = 5


def fold() -> int:
    """Fold what is over, up to `CHUNK * MOST_CHUNKS` rows; gives how many."""
    before = floor(timezone.now(), MINUTE) - SETTLED
    folded = 0
    for _ in range(MOST_CHUNKS):
        count = store.fold(before=before, most=CHUNK)
        folded += count
        if count < CHUNK:
            break
    return folded

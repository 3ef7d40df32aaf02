"""Move on what waits for tasks that have ended, where nobody did at once."""

from jobs.models import Dependency
from jobs.services import unblock as services

#: Blocked tasks that are watched in one call, and looks at what has ended: a flood must not keep
#: the caller from its other duties.
MOST_WATCHED = 1000
MOST_LOOKS = 10


def unblock() -> int:
    """Do what a crash, a cancel or an expiry left undone; gives how many ends were looked at."""
    unwatched = Dependency.objects.filter(watched=False).order_by().values_list("task", flat=True)
    if waiting := list(unwatched.distinct()[:MOST_WATCHED]):
        services.watch(waiting)
    looked_at = 0
    for _ in range(MOST_LOOKS):
        found = services.unblock()
        looked_at += found
        if not found:
            break
    return looked_at

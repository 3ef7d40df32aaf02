"""What ended in each of the last minutes, from rollups."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Sum

from jobs.domain.periods import MINUTE, Period, floor
from jobs.models import Rollup
from jobs.models.rollup import EACH


@dataclass(frozen=True, slots=True)
class Minute:
    """What became of the attempts that ended within a minute; `at` is its beginning."""

    at: datetime
    succeeded: int = 0
    failed: int = 0
    revoked: int = 0
    again: int = 0
    """Retried or snoozed: their tasks go on."""

    @property
    def ended(self) -> int:
        """Tasks that are done with: what a queue has got rid of."""
        return self.succeeded + self.failed + self.revoked

    @property
    def total(self) -> int:
        """Every attempt."""
        return self.ended + self.again


def ended_by_minute(
    *, minutes: int, now: datetime, queue: str = "", name: str = ""
) -> dict[str, list[Minute]]:
    """Each queue's last minutes, the oldest first and the present one last, none left out.

    Queues of which nothing ended in that time are missing.
    """
    first = floor(now, MINUTE) - (minutes - 1) * MINUTE
    rows = Rollup.objects.counted(Period.MINUTE, since=first, queue=queue or EACH, name=name)
    found: dict[str, dict[datetime, Minute]] = defaultdict(dict)
    sums = {
        "succeeded_sum": Sum("succeeded"),
        "failed_sum": Sum("failed"),
        "revoked_sum": Sum("revoked"),
        "again_sum": Sum(F("retried") + F("snoozed")),
    }
    for each, at, *counts in rows.values_list("queue", "at").annotate(**sums):
        found[each][at] = Minute(at, *counts)
    moments = [first + index * MINUTE for index in range(minutes)]
    return {each: [known.get(at, Minute(at)) for at in moments] for each, known in found.items()}

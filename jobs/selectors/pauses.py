"""Which queues are paused, by whom and why."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from jobs.domain.wording import Moment
from jobs.models import QueuePause


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseFacts:
    """A pause that holds now; without `until` it holds until somebody ends it."""

    by: str
    reason: str
    since: datetime
    until: datetime | None

    @classmethod
    def of(cls, pause: QueuePause) -> Self:
        """What a pause's row tells."""
        return cls(by=pause.actor, reason=pause.reason, since=pause.since, until=pause.until)

    def moments(self, *, now: datetime) -> tuple[Moment, ...]:
        """Those that `words` tells, in its order."""
        return tuple(Moment(at, now=now) for at in (self.since, self.until) if at is not None)

    def words(self, *, now: datetime) -> str:
        """The whole of it but for the queue: `paused by ann since …, until …: reason`."""
        since, *until = self.moments(now=now)
        end = f", until {until[0]}" if until else ""
        return f"paused by {self.by or 'nobody known'} since {since}{end}: {self.reason}"


def paused_queues(*, now: datetime) -> dict[str, PauseFacts]:
    """Every queue that is paused at a moment."""
    return {pause.queue: PauseFacts.of(pause) for pause in QueuePause.objects.at(now)}

"""How often the live pages may be read for: so that reading takes a small share of a core."""

from dataclasses import dataclass

#: No two readings of a kind follow each other sooner, in seconds.
SHORTEST_PAUSE = 0.25
#: Pause at least this many times as long as the reading took: the database, too, has other work.
PAUSE_FACTOR = 4
#: No pause is longer, in seconds: after it a page says that its numbers are old. A reading that the
#: database kept waiting for minutes is followed by one as soon as by any other.
LONGEST_PAUSE = 4.0
#: Seconds of a core that may be taken at once after a rest: a few changes are shown without delay.
BURST_SECONDS = 0.008


@dataclass(slots=True)
class Rhythm:
    """The pauses between the readings of one kind: a leaky bucket of a core's seconds."""

    share: float
    """Of a core, the most that the readings may take of this process in the long run."""
    due_at: float = float("-inf")
    """When the next reading may begin, on the loop's clock."""
    _taken_seconds: float = 0.0
    """Of a core, by readings, and not yet paid back by the time since."""
    _at: float = float("-inf")
    """As of when."""

    def took(self, *, began: float, now: float, cpu_seconds: float) -> None:
        """A reading that began then has ended now, and kept the process so long."""
        still_owed = max(0.0, self._taken_seconds - self.share * (now - self._at))
        self._taken_seconds, self._at = still_owed + cpu_seconds, now
        fitting = max(
            PAUSE_FACTOR * (now - began), (self._taken_seconds - BURST_SECONDS) / self.share
        )
        self.due_at = now + min(max(SHORTEST_PAUSE, fitting), LONGEST_PAUSE)

"""How often the live pages may be read for: so that reading takes a small share of a core."""

from dataclasses import dataclass

#: No two readings of a kind follow each other sooner, in seconds.
SHORTEST_PAUSE = 0.25
#: Pause at least this many times as long as the reading took: the database, too, has other work.
PAUSE_FACTOR = 4
#: No pause is longer, in seconds: after it a page says that its numbers are old. A reading that the
#: database kept waiting for minutes is followed by one as soon as by any other.
LONGEST_PAUSE = 4.0


@dataclass(slots=True)
class Rhythm:
    """The pauses between the readings of one kind."""

    share: float
    """Of a core, the most that the readings may take of this process."""
    due_at: float = float("-inf")
    """When the next reading may begin, on the loop's clock."""

    def took(self, *, began: float, now: float, cpu_seconds: float) -> None:
        """A reading that began then has ended now, and kept the process so long."""
        fitting = max(PAUSE_FACTOR * (now - began), cpu_seconds / self.share)
        self.due_at = now + min(max(SHORTEST_PAUSE, fitting), LONGEST_PAUSE)

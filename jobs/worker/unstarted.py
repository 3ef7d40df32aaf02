"""What a horse holds and has not begun, taken back before an executor takes it."""

import queue
from collections.abc import Callable
from dataclasses import dataclass, field

from jobs.store.claim import Claim
from jobs.worker.horse import Horse, PlainJob

Item = Claim | PlainJob


@dataclass(slots=True)
class TakenBack:
    """What no executor will begin now."""

    claims: list[Claim] = field(default_factory=list)
    """Those that waited for a thread."""
    plain: list[PlainJob] = field(default_factory=list)
    coroutines: list[Claim] = field(default_factory=list)
    """Those that waited for the event loop."""

    @property
    def count(self) -> int:
        """All of them."""
        return len(self.claims) + len(self.plain) + len(self.coroutines)


def take_back(horse: Horse, *, wanted: Callable[[Item], bool], also_coroutines: bool) -> TakenBack:
    """Take what is wanted from before the threads and, if told so, from before the event loop.

    The rest keeps its order; coroutines among it must be announced to the loop again.
    """
    taken = TakenBack()
    for item in _from_threads(horse):
        if item is None or not wanted(item):
            horse.ready.put(item)
        elif isinstance(item, PlainJob):
            taken.plain.append(item)
        else:
            taken.claims.append(item)
    if also_coroutines:
        for claim in _from_loop(horse):
            (taken.coroutines if wanted(claim) else horse.coming).append(claim)
    return taken


def _from_threads(horse: Horse) -> list[Item | None]:
    found: list[Item | None] = []
    while True:
        try:
            found.append(horse.ready.get_nowait())
        except queue.Empty:
            return found


def _from_loop(horse: Horse) -> list[Claim]:
    found: list[Claim] = []
    while True:
        try:
            found.append(horse.coming.popleft())
        except IndexError:
            return found

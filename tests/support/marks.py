"""Marks that tasks leave while they run, and the runs that can be read from them.

A line is `B|T|E RUN MONOTONIC`: a run began, went on, ended. The monotonic clock is one for all
processes of a machine, whatever their wall clocks say.
"""

import itertools
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

#: A running task leaves a mark this often.
STEP_SECONDS = 0.01
#: A run that left no mark for longer was not running then: its process was stopped, or had ended.
MOST_SILENT_SECONDS = 0.25

_numbers = itertools.count()


def leave_marks(
    folder: str, task_id: str, seconds: float, unless: Callable[[], bool] = lambda: False
) -> None:
    """Run for so long, or until `unless` says otherwise, and leave marks of it."""
    run = f"{os.getpid()}-{next(_numbers)}"
    with (Path(folder) / task_id).open("a", buffering=1) as marks:

        def leave(kind: Literal["B", "T", "E"]) -> None:
            marks.write(f"{kind} {run} {time.monotonic()}\n")

        leave("B")
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not unless():
            time.sleep(min(STEP_SECONDS, left))
            leave("T")
        leave("E")


@dataclass(slots=True)
class Run:
    """One run of one task, as its marks show it; moments are monotonic seconds."""

    has_ended: bool = False
    moments: list[float] = field(default_factory=list)

    def stretches(self) -> list[tuple[float, float]]:
        """From when to when it ran: more than one when its process was stopped in between."""
        found = [(self.moments[0], self.moments[0])]
        for moment in self.moments[1:]:
            began, last = found[-1]
            if moment - last > MOST_SILENT_SECONDS:
                found.append((moment, moment))
            else:
                found[-1] = (began, moment)
        return found


def runs_of(folder: Path, task_id: str) -> list[Run]:
    """The runs of a task, in the order of their beginnings."""
    runs: dict[str, Run] = {}
    path = folder / task_id
    for line in path.read_text().splitlines() if path.exists() else ():
        kind, name, moment = line.split()
        run = runs.setdefault(name, Run())
        run.moments.append(float(moment))
        run.has_ended |= kind == "E"
    return list(runs.values())


def shared_seconds(one: Run, other: Run) -> float:
    """The longest time both ran at once; negative when they never did."""
    return max(
        min(one_end, other_end) - max(one_began, other_began)
        for one_began, one_end in one.stretches()
        for other_began, other_end in other.stretches()
    )

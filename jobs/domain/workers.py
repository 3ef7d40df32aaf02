"""How a worker stands, and what people may tell it."""

from enum import StrEnum


class WorkerState(StrEnum):
    """How a worker stands."""

    IDLE = "idle"
    """It waits for tasks."""
    BUSY = "busy"
    """It holds tasks, and takes more."""
    QUIET = "quiet"
    """It was told to take nothing new; what it holds goes on."""
    STOPPING = "stopping"
    """It was told to go, and does once what it holds has ended."""
    LOST = "lost"
    """Its heartbeat stands still."""


#: Those that take tasks.
SERVING = frozenset({WorkerState.IDLE, WorkerState.BUSY})


class Instruction(StrEnum):
    """What a worker is told by its row, which it reads with every heartbeat."""

    WORK = "work"
    QUIET = "quiet"
    STOP = "stop"

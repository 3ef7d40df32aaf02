"""Waiting, for a short while, for a task to end."""

import threading
import time
from uuid import UUID

from jobs.domain.states import ENDED, State
from jobs.models import Task

#: Threads of this process that may wait at once: the others must stay free to answer.
MOST_WAITING = 2
FIRST_PAUSE_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 0.2

_places = threading.BoundedSemaphore(MOST_WAITING)


def state_within(task_id: UUID, *, seconds: float) -> State:
    """The task's state as soon as it has ended, or as it is when the time is over.

    At once when too many wait already.

    Raises:
        Task.DoesNotExist: no task has this id any more.
    """
    if not _places.acquire(blocking=False):
        return _state(task_id)
    try:
        deadline = time.monotonic() + seconds
        pause = FIRST_PAUSE_SECONDS
        while (state := _state(task_id)) not in ENDED and time.monotonic() + pause < deadline:
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE_SECONDS)
        return state
    finally:
        _places.release()


def has_ended(task_id: UUID) -> bool:
    """Whether the task is in a state that it does not leave by itself; also when it is gone."""
    state = Task.objects.filter(pk=task_id).values_list("state", flat=True).first()
    return state is None or state in ENDED


def _state(task_id: UUID) -> State:
    return State(Task.objects.values_list("state", flat=True).get(pk=task_id))

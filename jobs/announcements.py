"""Django's signals `task_started` and `task_finished`, sent only while somebody listens.

Django connects a log line of its own to each; those alone are no reason to build a result for
every task.
"""

import logging
from typing import Any

from django.db import DatabaseError
from django.dispatch import Signal, receiver

from jobs.compat import (
    TaskResultDoesNotExist,
    log_task_finished,
    log_task_started,
    task_finished,
    task_started,
)
from jobs.domain.outcomes import Outcome
from jobs.domain.registry import registry
from jobs.domain.states import ENDED, State
from jobs.models import Task
from jobs.signals import attempts_ended, dependants_failed, tasks_cancelled

logger = logging.getLogger(__name__)

_OWN = {id(log_task_started), id(log_task_finished)}


def _is_heard(signal: Signal) -> bool:
    # The first part of each entry is its key: (identity of the receiver, that of its sender).
    return any(entry[0][0] not in _OWN for entry in signal.receivers)


def is_started_heard() -> bool:
    """Whether somebody listens to `task_started`."""
    return _is_heard(task_started)


def tell_started(task_id: str, name: str) -> None:
    """Send `task_started`; from the thread that is about to call the task's function, if it can."""
    if is_started_heard():
        _send(task_started, task_id, name)


@receiver(attempts_ended, dispatch_uid="jobs.announcements")
def tell_finished(*, outcomes: list[Outcome], states: dict[str, State], **_: Any) -> None:
    """Send `task_finished` for each task that has ended, once its end is committed.

    An attempt that is followed by another is no end.
    """
    if _is_heard(task_finished):
        for outcome in outcomes:
            if states.get(outcome.task_id) in ENDED:
                _send(task_finished, outcome.task_id, outcome.name)


@receiver([dependants_failed, tasks_cancelled], dispatch_uid="jobs.announcements.unrun")
def tell_unrun(*, tasks: list[Task], **_: Any) -> None:
    """Send `task_finished` for each task that ended without having run."""
    if _is_heard(task_finished):
        for task in tasks:
            _send(task_finished, str(task.pk), task.name)


def _send(signal: Signal, task_id: str, name: str) -> None:
    """Send a task's present result; what a receiver does wrong is logged, and stops nothing."""
    task_type = registry.find(name)
    if task_type is None:
        return  # ended by a process that does not know its type
    backend = task_type.get_backend()
    try:
        result = backend.get_result(task_id)
    except (DatabaseError, TaskResultDoesNotExist) as error:
        logger.warning("a signal of task %s is not sent: %s", task_id, error)
        return
    signal.send_robust(type(backend), task_result=result)

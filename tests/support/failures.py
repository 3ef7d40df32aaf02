"""Attempts that fail, written without a worker."""

import time
from typing import Any

import uuid_utils.compat

from jobs.domain.fingerprint import FailureGroup
from jobs.domain.outcomes import Ending, Outcome
from jobs.domain.states import Move
from jobs.models import Failure, Task
from jobs.store.exchange import exchange
from tests.support.rows import ago, claimed, make_task, outcome_of

GROUP = FailureGroup("add", "builtins.KeyError", "shop.orders:charge")


def make_failure(group: FailureGroup = GROUP, **columns: Any) -> Failure:
    """A group's row, as if it had failed once, an hour ago, unless told otherwise."""
    given = {
        **group._asdict(),
        "fingerprint": group.fingerprint,
        "last_task": uuid_utils.compat.uuid7(),
        "first_seen": ago(3600),
        "last_seen": ago(3600),
        "occurrence_count": 1,
    }
    return Failure.objects.create(**given | columns)


def failed_outcome(task: Task, group: FailureGroup = GROUP, **fields: Any) -> Outcome:
    """The outcome of a pending task that is claimed now and fails for good."""
    given: dict[str, Any] = {
        "move": Move.FAIL,
        "ending": Ending.FAILED,
        "exception": group.exception,
        "error": "KeyError: 7",
        "traceback": "Traceback (most recent call last):\nKeyError: 7\n",
        "failure": group,
    }
    return outcome_of(claimed(task), **given | fields)


def write(*outcomes: Outcome, release: str = "r1") -> None:
    """Write outcomes as a worker's feeder would."""
    exchange(
        list(outcomes), [], worker="w1", release=release, names=["add"], queues=[], now=time.time()
    )


def fail(
    *, count: int = 1, group: FailureGroup = GROUP, release: str = "r1", **fields: Any
) -> list[Task]:
    """Tasks of the group that have failed for good, unless the fields say otherwise."""
    tasks = [make_task() for _ in range(count)]
    write(*(failed_outcome(task, group, **fields) for task in tasks), release=release)
    return tasks

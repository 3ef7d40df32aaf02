"""One open task for each `unique_key` of a task type; a partial unique index decides."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from jobs.models import Task
from jobs.store.create import NewTask, insert_keyed

#: Keys per statement.
CHUNK = 5000

Key = tuple[str, str]
"""A task type's name, and the `unique_key` of one of its tasks."""


def insert_unique(new: Sequence[NewTask]) -> dict[str, str]:
    """Write the tasks whose keys are free.

    Of several with one key the first is written. Gives, for each that was not written, its id and
    the id of the open task that has its key. Runs in the caller's transaction.
    """
    found: dict[str, str] = {}
    rest = list(new)
    while rest:
        written = insert_keyed(rest)
        left = [task for task in rest if task.id not in written]
        holders = holders_of(_key(task) for task in left)
        found |= {task.id: holders[_key(task)] for task in left if _key(task) in holders}
        # What is left now found a key taken whose task has ended since: the next round takes it.
        rest = [task for task in left if _key(task) not in holders]
    return found


def holders_of(keys: Iterable[Key]) -> dict[Key, str]:
    """For each key that is taken the id of the open task that has it."""
    by_name: defaultdict[str, set[str]] = defaultdict(set)
    for name, unique_key in keys:
        by_name[name].add(unique_key)
    holders: dict[Key, str] = {}
    for name, wanted in by_name.items():
        each = sorted(wanted)
        for start in range(0, len(each), CHUNK):
            rows = Task.objects.holding_keys().filter(
                name=name, unique_key__in=each[start : start + CHUNK]
            )
            holders |= {
                (name, unique_key or ""): str(pk)
                for pk, unique_key in rows.values_list("pk", "unique_key")
            }
    return holders


def _key(new: NewTask) -> Key:
    return new.terms.name, new.terms.unique_key or ""

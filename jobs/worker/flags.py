"""What the flags of the worker commands may say, RQ's own included; checked before a start."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rq.serializers import resolve_serializer
from rq.utils import import_attribute

from jobs.broker.connection import queue_names
from jobs.domain.processes import memory_mb
from jobs.exceptions import InvalidOption, UnknownQueue
from jobs.models.worker import NAME_LENGTH

#: Whole numbers and their bounds.
_NUMBERS = {
    "threads": (1, 1000),
    "async_slots": (1, 10_000),
    "max_jobs": (1, 10**9),
    "max_idle_time": (1, 10**9),
    "worker_ttl": (1, 10**6),
    "num_workers": (1, 1000),
    "max_tasks_per_horse": (0, 10**9),
    "max_memory_mb": (0, 2**20),
}
#: Flags that are no word of Python's.
_SPELLED = {"async_slots": "--async"}
#: A name stands in keys, addresses and logs.
_NAME = re.compile(rf"[A-Za-z0-9_.:@+-]{{1,{NAME_LENGTH}}}")


def check_flags(queues: Sequence[str], flags: Mapping[str, Any]) -> None:
    """Raise InvalidOption or UnknownQueue for the first flag, or queue, that cannot be meant."""
    for queue in queues:
        if queue not in queue_names():
            raise UnknownQueue(queue=queue, allowed=", ".join(queue_names()))
    for flag, (least, most) in _NUMBERS.items():
        given = flags.get(flag)
        if given is not None and not least <= given <= most:
            raise _invalid(flag, given, f"a whole number from {least:,} to {most:,}")
    name = flags.get("name")
    if name is not None and not _NAME.fullmatch(name):
        raise _invalid("name", name, f"1 to {NAME_LENGTH} letters, digits or any of _ . : @ + -")
    for flag in ("worker_class", "job_class", "queue_class"):
        _check_import(flag, flags.get(flag), import_attribute)
    _check_import("serializer", flags.get("serializer"), resolve_serializer)
    pid = flags.get("pid")
    if pid and not os.access(Path(pid).expanduser().parent, os.W_OK):
        raise _invalid("pid", pid, "a file in a folder that can be written to")


def check_memory(most_mb: int) -> None:
    """Raise InvalidOption for a limit that every horse would pass with its first task."""
    size = memory_mb()
    if 0 < most_mb <= size:
        least = f"0, or above the {size:.0f} MiB that a worker holds before its first task"
        raise InvalidOption(
            field="--max-memory-mb (or JOBS['MAX_MEMORY_MB'])", given=most_mb, allowed=least
        )


def _check_import(flag: str, given: object, load: Callable[[str], object]) -> None:
    if isinstance(given, str):
        try:
            load(given)
        except (ImportError, ValueError, AttributeError, NotImplementedError) as error:
            allowed = "the dotted path of something that can be imported"
            raise _invalid(flag, given, allowed) from error


def _invalid(flag: str, given: object, allowed: str) -> InvalidOption:
    return InvalidOption(field=spelled(flag), given=given, allowed=allowed)


def spelled(flag: str) -> str:
    """A flag as it is written on the command line."""
    return _SPELLED.get(flag, f"--{flag.replace('_', '-')}")

"""What supervisor and horse tell each other without a word: a few bytes of shared memory.

The horse writes what each executor runs; the supervisor reads it to enforce time limits and to
know, when the horse is dead, what died with it. The supervisor writes orders; the horse obeys
those that name the fence it runs; and when it renewed the lease, so that a horse whose supervisor
hangs knows to leave; and which queues and task types are paused. Writes are not atomic, so a reader
acts only on what it has seen twice.
"""

import mmap
import struct
from collections.abc import Container, Sequence
from enum import IntEnum
from typing import NamedTuple
from uuid import UUID

_SLOT = struct.Struct("=16sqdd")
_OCCUPIED = struct.Struct("=16sqddq")
_BEGUN = struct.Struct("=q")
_ORDER = struct.Struct("=qB")
_COUNTS = struct.Struct("=qq")
_NUMBER = struct.Struct("=q")
_COUNTS_AT = 8
_MOMENT = struct.Struct("=d")
_ORDERS_AT = 24
_STEP_AT = 32
_RENEWED_AT = 40
_PER_SLOT = 72
_SLOTS_AT = 64
_BEGUN_AT = 40
_ORDER_AT = 48
_TOLD_AT = 64

#: What stands in a slot in the place of a task while a plain RQ job runs there, under fence 0.
PLAIN = str(UUID(int=0))
NONE_PAUSED: frozenset[str] = frozenset()


class Running(NamedTuple):
    """What an executor runs: times are monotonic seconds, `timeout_seconds` 0 means none."""

    task_id: str
    fence: int
    began: float
    timeout_seconds: float

    @property
    def is_task(self) -> bool:
        """Whether it is a task of ours, and not a plain RQ job."""
        return self.task_id != PLAIN


def read(raw: bytes) -> Running | None:
    """What the bytes of a slot say."""
    task_id, fence, began, timeout = _SLOT.unpack(raw)
    return Running(str(UUID(bytes=task_id)), fence, began, timeout) if began else None


class Order(IntEnum):
    """What the supervisor wants of a running task."""

    NONE = 0
    TIME_OUT = 1
    STOP = 2


class Slots:
    """The shared page. Made before the fork; both sides use the same object.

    The first `executors` slots are those of threads, the others are coroutines'. Behind them a
    byte for each of the worker's queues, and for each name of a task type that it knows, says
    whether it is paused.
    """

    def __init__(
        self,
        executors: int,
        coroutines: int = 0,
        *,
        queues: Sequence[str] = (),
        types: Sequence[str] = (),
    ) -> None:
        self.executors = executors
        self.coroutines = coroutines
        self.count = executors + coroutines
        self._queues, self._types = tuple(queues), tuple(types)
        self._paused_at = _SLOTS_AT + _PER_SLOT * self.count
        self._types_at = self._paused_at + len(self._queues)
        self._page = mmap.mmap(-1, self._types_at + len(self._types))

    def occupy(
        self,
        index: int,
        task_id: str,
        fence: int,
        began: float,
        timeout_seconds: float,
        *,
        begun_count: int,
    ) -> None:
        """Horse: executor `index` begins a task, its `begun_count`th in this process."""
        _OCCUPIED.pack_into(
            self._page,
            _SLOTS_AT + index * _PER_SLOT,
            bytes.fromhex(task_id.replace("-", "")),
            fence,
            began,
            timeout_seconds,
            begun_count,
        )

    def vacate(self, index: int) -> None:
        """Horse: executor `index` has ended its task."""
        _SLOT.pack_into(self._page, _SLOTS_AT + index * _PER_SLOT, bytes(16), 0, 0.0, 0.0)

    def running(self, index: int) -> Running | None:
        """What executor `index` runs, or None; may be torn when read from the other process."""
        return read(self.raw(index))

    def raw(self, index: int) -> bytes:
        """The same for `read`: for who only wants to know whether it has changed."""
        place = _SLOTS_AT + index * _PER_SLOT
        return self._page[place : place + _SLOT.size]

    def began(self, index: int) -> float:
        """When executor `index` began what it runs, 0.0 when it runs nothing."""
        return float(_SLOT.unpack_from(self._page, _SLOTS_AT + index * _PER_SLOT)[2])

    def give_order(self, index: int, fence: int, order: Order) -> None:
        """Supervisor: tell executor `index` what to do with the task it runs under `fence`."""
        _ORDER.pack_into(self._page, _SLOTS_AT + index * _PER_SLOT + _ORDER_AT, fence, order)
        _NUMBER.pack_into(self._page, _ORDERS_AT, self.orders_given() + 1)

    def orders_given(self) -> int:
        """How many orders there were; a change says that it is worth looking for them."""
        return int(_NUMBER.unpack_from(self._page, _ORDERS_AT)[0])

    def order(self, index: int) -> Order:
        """The order for what executor `index` runs now; one for an earlier fence is void."""
        place = _SLOTS_AT + index * _PER_SLOT
        fence, order = _ORDER.unpack_from(self._page, place + _ORDER_AT)
        current = _SLOT.unpack_from(self._page, place)[1]
        return Order(order) if fence == current and current else Order.NONE

    def confirm(self, index: int, fence: int) -> None:
        """Horse: the order for the task under `fence` has been carried into it."""
        _NUMBER.pack_into(self._page, _SLOTS_AT + index * _PER_SLOT + _TOLD_AT, fence)

    def is_confirmed(self, index: int, fence: int) -> bool:
        """Whether the task knows its order; a thread is interrupted without a word of it."""
        told = _NUMBER.unpack_from(self._page, _SLOTS_AT + index * _PER_SLOT + _TOLD_AT)[0]
        return index < self.executors or told == fence

    def step(self, index: int) -> None:
        """Horse: the event loop is in the coroutine of this slot now."""
        _NUMBER.pack_into(self._page, _STEP_AT, index)

    def step_out(self) -> None:
        """Horse: the event loop is in no coroutine."""
        _NUMBER.pack_into(self._page, _STEP_AT, 0)

    def stepping(self) -> int | None:
        """The slot of the coroutine that the event loop is in, if any."""
        return _NUMBER.unpack_from(self._page, _STEP_AT)[0] or None

    def begun_count(self) -> int:
        """How many tasks and plain jobs the present horse has begun."""
        places = (_SLOTS_AT + index * _PER_SLOT + _BEGUN_AT for index in range(self.count))
        return sum(_BEGUN.unpack_from(self._page, place)[0] for place in places)

    def clear(self) -> None:
        """Supervisor: forget everything that a dead horse ran."""
        self.step_out()
        self._page[_SLOTS_AT : self._paused_at] = bytes(_PER_SLOT * self.count)

    def count_ended(self, succeeded: int, failed: int) -> None:
        """Horse: add to the counts of ended attempts."""
        well, badly = self.ended_counts()
        _COUNTS.pack_into(self._page, _COUNTS_AT, well + succeeded, badly + failed)

    def ended_counts(self) -> tuple[int, int]:
        """How many attempts ended well and badly since the page was made."""
        succeeded, failed = _COUNTS.unpack_from(self._page, _COUNTS_AT)
        return succeeded, failed

    def set_renewed(self, moment: float) -> None:
        """Supervisor: when the lease was renewed, in monotonic seconds."""
        _MOMENT.pack_into(self._page, _RENEWED_AT, moment)

    def renewed(self) -> float:
        """When the lease was last renewed, in monotonic seconds."""
        return float(_MOMENT.unpack_from(self._page, _RENEWED_AT)[0])

    def set_suspended(self, *, suspended: bool) -> None:
        """Supervisor: whether the horse may take new work."""
        self._page[0] = int(suspended)

    def set_quiet(self, *, quiet: bool) -> None:
        """Supervisor: whether somebody told this worker to take nothing new."""
        self._page[1] = int(quiet)

    def is_suspended(self) -> bool:
        """Whether to leave new work where it is: all workers are suspended, or this one quiet."""
        return any(self._page[:2])

    def set_paused(self, queues: Container[str], types: Container[str] = ()) -> None:
        """Supervisor: these queues and types are paused, the others are not."""
        self._page[self._paused_at : self._types_at] = bytes(
            each in queues for each in self._queues
        )
        self._page[self._types_at :] = bytes(each in types for each in self._types)

    def paused(self) -> frozenset[str]:
        """Horse: the queues whose tasks must not begin."""
        return _marked(self._queues, self._page[self._paused_at : self._types_at])

    def paused_types(self) -> frozenset[str]:
        """Horse: the names of the types whose tasks must not begin."""
        return _marked(self._types, self._page[self._types_at :])


def _marked(names: Sequence[str], marks: bytes) -> frozenset[str]:
    if not any(marks):
        return NONE_PAUSED
    return frozenset(name for name, mark in zip(names, marks, strict=True) if mark)

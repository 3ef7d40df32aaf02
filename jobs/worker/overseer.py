"""The supervisor's watch over one living horse: time limits, stops, drain, the lease."""

import logging
import os
import signal
import time
from dataclasses import dataclass, field

from jobs.services.rescue import Verdict
from jobs.worker.keeper import Keeper
from jobs.worker.options import FENCE_SHARE, WorkerOptions
from jobs.worker.slots import Order, Running, Slots, read

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Overseer:
    """Looks at the slots ten times a second and acts on what it has seen twice."""

    horse_pid: int
    slots: Slots
    keeper: Keeper
    options: WorkerOptions
    stop_requests: dict[str, float] = field(default_factory=dict)
    """Task id -> monotonic moment until which a stop message is remembered."""
    drain_until: float = float("inf")
    _seen: dict[int, tuple[bytes, Running | None]] = field(default_factory=dict)
    _ordered: dict[tuple[str, int], tuple[Order, float]] = field(default_factory=dict)
    _killed_for: str = ""
    _culprit: int | None = None
    """The slot of the task that its process was killed for."""

    def look(self) -> None:
        """One round over all executors."""
        now = time.monotonic()
        for index in range(self.slots.count):
            raw = self.slots.raw(index)
            before, current = self._seen.get(index, (b"", None))
            if raw != before:
                self._seen[index] = raw, read(raw)
            elif current is not None:
                self._judge(index, current, now)
        if now > self.drain_until:
            self._kill("the drain time is over")
        elif self.keeper.given_up:
            self._kill("our lease is gone: the tasks are others' now")
        elif now - self.slots.renewed() > FENCE_SHARE * self.options.lease_seconds:
            self._kill("the lease cannot be renewed")

    def drain(self) -> None:
        """Let the horse finish what runs and give back the rest, for `drain_seconds` at most."""
        if self.drain_until == float("inf"):
            self.drain_until = time.monotonic() + self.options.drain_seconds
            self._signal(signal.SIGTERM)

    def hurry(self) -> None:
        """Let nothing finish any more."""
        self.drain_until = 0.0

    def verdicts(self) -> dict[tuple[str, int], Verdict]:
        """What became of each task that ran when the horse died."""
        return {
            (current.task_id, current.fence): self._verdict(index, current)
            for index in range(self.slots.count)
            if (current := self.slots.running(index)) is not None and current.is_task
        }

    def _judge(self, index: int, current: Running, now: float) -> None:
        order = self._order_for(current, now)
        if order is Order.NONE:
            return
        key = (current.task_id, current.fence)
        given = self._ordered.get(key)
        if given is None or given[0] < order:
            self._ordered[key] = (order, now)
            self.slots.give_order(index, current.fence, order)
            if index < self.slots.executors:
                self._signal(signal.SIGUSR1)
        elif now > given[1] + self.options.stop_grace_seconds:
            if not self._killed_for:
                self._culprit = self._to_blame(index, current)
            self._kill(f"task {current.task_id} did not end when asked ({order.name.lower()})")

    def _to_blame(self, index: int, current: Running) -> int | None:
        """Who keeps a task from ending: itself, or a coroutine that does not let go of the loop."""
        return index if self.slots.is_confirmed(index, current.fence) else self.slots.stepping()

    def _order_for(self, current: Running, now: float) -> Order:
        if current.task_id in self.keeper.cancelled or (
            self.stop_requests.get(current.task_id, 0.0) > now
        ):
            return Order.STOP
        if current.timeout_seconds and now > current.began + current.timeout_seconds:
            return Order.TIME_OUT
        given = self._ordered.get((current.task_id, current.fence))
        return given[0] if given else Order.NONE

    def _verdict(self, index: int, current: Running) -> Verdict:
        order, _ = self._ordered.get((current.task_id, current.fence), (Order.NONE, 0.0))
        if order is Order.STOP:
            return Verdict.STOPPED
        if order is Order.TIME_OUT and (
            index == self._culprit or self.slots.is_confirmed(index, current.fence)
        ):
            return Verdict.TIMED_OUT
        if self.drain_until < float("inf"):
            return Verdict.SHUT_DOWN
        if index == self._culprit or not self._killed_for:
            return Verdict.CRASHED
        return Verdict.LOST if self._culprit is None else Verdict.BESIDE

    def _kill(self, why: str) -> None:
        if not self._killed_for:
            logger.error("killing work-horse %d: %s", self.horse_pid, why)
            self._killed_for = why
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.kill(self.horse_pid, number)
        except ProcessLookupError:
            return

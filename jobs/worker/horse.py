"""The process that runs tasks: executors, and one feeder that does all the talking.

Forked warm by the supervisor, it lives until it is told to go, or recycled. What it holds, it
holds under its supervisor's lease; when the supervisor dies, it leaves at once.
"""

import _thread
import ctypes
import os
import queue
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

from jobs.conf import get_conf
from jobs.domain.outcomes import Outcome, TaskStopped, TaskTimeout
from jobs.domain.payload import encode
from jobs.domain.registry import registry
from jobs.domain.states import Move
from jobs.store.claim import Claim
from jobs.store.progress import Progress
from jobs.worker.atomic import in_one_transaction
from jobs.worker.executors import ended_by, mend_connections, run
from jobs.worker.log_tail import LogTail
from jobs.worker.slots import PLAIN, Order, Slots
from jobs.worker.sole_writer import limit_seconds, sole_writer

#: What the supervisor tells a horse by; blocked from the fork until it has handlers of its own.
SIGNALS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGUSR1})
#: Threads trade the interpreter lock this often; Python's 5 ms would let a task that computes
#: starve the feeder for that long at each of its reads.
SWITCH_SECONDS = 0.0005
#: After a success a connection is known to work: looking at it is left out until this has passed.
MEND_SECONDS = 1.0
_ORDERS = {Order.TIME_OUT: TaskTimeout, Order.STOP: TaskStopped}


def why(error: type[BaseException], timeout_seconds: float) -> str:
    """The words of the exception by which an order reaches a task."""
    if error is TaskTimeout and timeout_seconds:
        return f"ran longer than its time limit of {timeout_seconds:g} s"
    return "cancelled while it ran"


class PlainJob(NamedTuple):
    """A job of RQ's own, to be run by RQ's own means."""

    queue: str
    job_id: str


class Horse:
    """What executors and feeder share inside the process."""

    def __init__(
        self,
        slots: Slots,
        *,
        threads: int,
        run_plain: Callable[[PlainJob], None],
        release_name: str = "",
    ) -> None:
        self.slots = slots
        self.threads = threads
        self.ready: queue.SimpleQueue[Claim | PlainJob | None] = queue.SimpleQueue()
        self.coming: deque[Claim] = deque()
        """What the event loop is about to begin."""
        self.plain = self.ready if threads == 1 else queue.SimpleQueue()
        """Where plain jobs wait: they run in the main thread, where RQ's time limit works."""
        self.ended: list[Outcome | PlainJob] = []
        self.progress: dict[str, Progress] = {}
        self.log_tail = LogTail()
        self.wake = threading.Event()
        self.stopping = False
        self.average_seconds = 0.05
        self._run_plain = run_plain
        self._release_name = release_name
        self._begun = [0] * slots.executors
        self._in_task = [False] * threads
        self._thread_ids = [0] * threads
        self._mended_at = [0.0] * threads
        self._pid = os.getpid()
        self.result_limit_bytes = get_conf().result_limit_bytes

    def listen(self) -> None:
        """Take the process's signals: orders, and the end of the day."""
        signal.signal(signal.SIGUSR1, self._obey)
        signal.signal(signal.SIGTERM, self._drain)
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def work(self) -> None:
        """Run what comes through `ready` until None comes; with one thread, in the main thread."""
        sys.setswitchinterval(SWITCH_SECONDS)
        if self.threads == 1:
            self._execute(0, self.ready)
            return
        threads = [
            threading.Thread(
                target=self._execute, args=(index, self.ready), name=f"executor-{index}"
            )
            for index in range(self.threads)
        ]
        for thread in threads:
            thread.start()
        self._execute(self.threads, self.plain)
        for thread in threads:
            thread.join()

    def dismiss(self) -> None:
        """Let every executor end once it has run what waits."""
        for _ in range(self.threads):
            self.ready.put(None)
        if self.plain is not self.ready:
            self.plain.put(None)

    def _execute(self, index: int, source: "queue.SimpleQueue[Claim | PlainJob | None]") -> None:
        if index < self.threads:
            self._thread_ids[index] = threading.get_ident()
        while (item := source.get()) is not None:
            self._begun[index] += 1
            if isinstance(item, PlainJob):
                self.ended.append(self._run_job(index, item))
            else:
                self.ended.append(self._run(index, item))
            if source.empty():
                self.wake.set()

    def _run_job(self, index: int, job: PlainJob) -> PlainJob:
        self.slots.occupy(index, PLAIN, 0, time.monotonic(), 0.0, begun_count=self._begun[index])
        self._run_plain(job)
        self.end_if_child()
        self.slots.vacate(index)
        mend_connections()
        return job

    def _run(self, index: int, claim: Claim) -> Outcome:
        if not registry.get(claim.name).atomic:
            return self._run_now(index, claim, is_atomic=False)
        with sole_writer():
            return self._run_now(index, claim, is_atomic=True)

    def _run_now(self, index: int, claim: Claim, *, is_atomic: bool) -> Outcome:
        began = time.monotonic()
        started = time.time()
        timeout_seconds = (
            limit_seconds(claim.timeout_seconds) if is_atomic else claim.timeout_seconds
        )

        def attempt() -> Outcome:
            outcome = run(
                claim,
                report=partial(self.report, claim),
                logged=partial(self.log_tail.note, claim.task_id, claim.fence),
                should_stop=partial(self.should_stop, index),
                result_limit_bytes=self.result_limit_bytes,
            )
            self.end_if_child()
            return outcome

        self.slots.occupy(
            index,
            claim.task_id,
            claim.fence,
            began,
            timeout_seconds,
            begun_count=self._begun[index],
        )
        try:
            self._in_task[index] = True
            outcome = self._run_atomic(index, claim, attempt) if is_atomic else attempt()
            self._in_task[index] = False
        except BaseException as error:
            self._in_task[index] = False
            outcome = ended_by(claim, error, started)
        self.slots.vacate(index)
        if outcome.move is not Move.SUCCEED or began - self._mended_at[index] > MEND_SECONDS:
            mend_connections()
            self._mended_at[index] = began
        self.average_seconds += 0.1 * (time.monotonic() - began - self.average_seconds)
        return outcome

    def _run_atomic(self, index: int, claim: Claim, attempt: Callable[[], Outcome]) -> Outcome:
        started = time.time()

        def disarm() -> None:
            self._in_task[index] = False

        return in_one_transaction(
            attempt,
            disarm=disarm,
            ended_by=lambda error: ended_by(claim, error, started),
            release=self._release_name,
        )

    def end_if_child(self) -> None:
        """A child that a task forked may come out of its function as the task does: no horse."""
        if os.getpid() != self._pid:
            os._exit(0)

    def report(self, claim: Claim, said: dict[str, Any]) -> None:
        """Keep what a task says of its progress for the feeder; the last word counts."""
        self.progress[claim.task_id] = Progress(
            claim.task_id, claim.fence, encode(said, limit_bytes=10_000).decode()
        )

    def should_stop(self, index: int) -> bool:
        """Whether the task in this slot should come to an end."""
        return self.stopping or self.slots.order(index) is Order.STOP

    def _obey(self, signum: int, frame: object) -> None:
        """Carry the supervisor's orders into the tasks they name."""
        for index in range(self.threads):
            error = _ORDERS.get(self.slots.order(index))
            if error is None or not self._in_task[index]:
                continue
            if self.threads == 1:
                raise error(self._why(index, error))
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(self._thread_ids[index]), ctypes.py_object(error)
            )

    def _why(self, index: int, error: type[BaseException]) -> str:
        current = self.slots.running(index)
        return why(error, current.timeout_seconds if current else 0.0)

    def _drain(self, signum: int, frame: object) -> None:
        self.stopping = True
        # Not by this thread: the signal may have met it in the middle of `wake.set`, whose lock it
        # would wait for until the supervisor kills us. Where no thread can be had, a nap ends soon.
        with suppress(RuntimeError):
            _thread.start_new_thread(self.wake.set, ())

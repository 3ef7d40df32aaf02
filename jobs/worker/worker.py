"""TaskWorker: an RQ worker whose supervisor never runs user code and whose horse stays warm.

Registration, heartbeats, suspension, commands, the scheduler and every plain RQ job are RQ's own;
tasks go through the horse's feeder (see `horse`, `feeder`), which never touches RQ's per-job
bookkeeping.
"""

import json
import os
import random
import select
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from django.db import Error, connections
from redis import Redis
from redis.exceptions import RedisError
from rq.defaults import DEFAULT_LOGGING_DATE_FORMAT, DEFAULT_LOGGING_FORMAT
from rq.exceptions import StopRequested
from rq.worker import Worker
from rq.worker.base import DequeueStrategy

from jobs.broker.connection import CLIENT_OPTIONS
from jobs.broker.tickets import task_id_of
from jobs.domain.registry import registry
from jobs.services.rescue import held_by, rescue
from jobs.worker.announcer import Announcer
from jobs.worker.assembly import run_horse
from jobs.worker.horse import SIGNALS
from jobs.worker.keeper import Keeper
from jobs.worker.kinship import death_notice, die_with_parent
from jobs.worker.lease import Lease
from jobs.worker.options import RunLimits, WorkerOptions
from jobs.worker.overseer import Overseer
from jobs.worker.plain import PlainRunner
from jobs.worker.recycling import RECYCLED
from jobs.worker.rq_beat import RqBeat
from jobs.worker.scheduler import start_scheduler
from jobs.worker.slots import Slots

LOOK_SECONDS = 0.1
GONE_BY_THEMSELVES = {0, RECYCLED}
#: How long a stop message is remembered for a task that has not begun yet.
STOP_MEMORY_SECONDS = 5.0
REPAIR_SECONDS = 1.0
#: Two signals within this time count as one: a pool and a terminal may both send theirs.
DOUBLE_SECONDS = 1.0


class TaskWorker(Worker):
    """Runs tasks and plain jobs from the given queues."""

    def __init__(self, *args: Any, options: WorkerOptions | None = None, **kwargs: Any) -> None:
        if not kwargs.get("name"):
            kwargs["name"] = f"{socket.gethostname()[:80]}-{os.getpid()}"
        super().__init__(*args, **kwargs)
        self.options = options or WorkerOptions()
        self._slots = Slots(
            self.options.executors,
            self.options.async_slots,
            queues=self.queue_names(),
            types=registry.known_names(),
        )
        self._lease = Lease(self.name, queues=self.queue_names(), options=self.options)
        self._plain = PlainRunner(self)
        self._announcer = Announcer(
            self._slots, client=self.connection, worker=self.name, worker_key=self.key
        )
        self._keeper = Keeper(
            self._lease,
            slots=self._slots,
            beat_redis=RqBeat(
                self, slots=self._slots, announcer=self._announcer, plain=self._plain
            ).beat,
            announce=self._announcer.look,
        )
        self._stop_requests: dict[str, float] = {}
        self._overseer: Overseer | None = None
        self._limits = RunLimits()
        self._told_at = 0.0

    def work(
        self,
        burst: bool = False,
        logging_level: str | None = None,
        date_format: str = DEFAULT_LOGGING_DATE_FORMAT,
        log_format: str = DEFAULT_LOGGING_FORMAT,
        max_jobs: int | None = None,
        max_idle_time: int | None = None,
        with_scheduler: bool = False,
        dequeue_strategy: DequeueStrategy = DequeueStrategy.DEFAULT,
    ) -> bool:
        """Supervise one horse after another until told to stop; True when anything was run."""
        self._limits = RunLimits(burst=burst, max_jobs=max_jobs, max_idle_seconds=max_idle_time)
        if dequeue_strategy != DequeueStrategy.DEFAULT:
            self.options = replace(self.options, dequeue_strategy=DequeueStrategy(dequeue_strategy))
        self._install_signal_handlers()
        self._lease.acquire()
        try:
            connections.close_all()  # before any fork, the scheduler's too
            self.bootstrap(logging_level, date_format, log_format)
            if with_scheduler:
                self.scheduler = start_scheduler(
                    self,
                    burst=burst,
                    logging_level=logging_level,
                    date_format=date_format,
                    log_format=log_format,
                )
            try:
                self._keeper.beat_once()
                self._supervise()
            except StopRequested:
                pass
            finally:
                self._even_without_redis(self.teardown)
        finally:
            self._repair(self._lease.release)
        return sum(self._slots.ended_counts()) > 0

    def register_birth(self) -> None:
        """RQ's, but a former process of our name is no obstacle: we have the lease."""
        self.connection.delete(self.key)
        super().register_birth()

    def handle_payload(self, message: dict[str, Any]) -> None:
        """RQ's commands; a stop command for a task becomes an order to its executor."""
        try:
            payload = json.loads(message["data"])
            command, job_id = payload["command"], str(payload.get("job_id", ""))
        except (ValueError, KeyError, TypeError, AttributeError):
            # Raised from here, it would end the thread that listens.
            self.log.warning("Worker %s: not a command: %.200r", self.name, message["data"])
            return
        task_id = task_id_of(job_id)
        if command == "stop-job" and task_id is not None:
            self._stop_requests[task_id] = time.monotonic() + STOP_MEMORY_SECONDS
        else:
            super().handle_payload(message)

    def _set_connection(self, connection: "Redis") -> "Redis":
        """RQ's hook for its time-outs, which let a silent Redis hold us up for seven minutes."""
        connection.connection_pool.connection_kwargs.update(CLIENT_OPTIONS)
        return connection

    def _shutdown(self) -> None:
        """First signal: let the horse finish what runs, and give back what does not."""
        self._stop_requested = True
        self._told_at = time.monotonic()
        if self.scheduler:
            self.stop_scheduler()
        if self._overseer is not None:
            self._overseer.drain()

    def request_force_stop(self, signum: int, frame: object) -> None:
        """Second signal: what runs is stopped now, and given back."""
        if self._overseer is not None and time.monotonic() - self._told_at > DOUBLE_SECONDS:
            self._overseer.hurry()

    def _supervise(self) -> None:
        while not self._stop_requested:
            overseer = self._fork()
            if self._stop_requested:  # between our last look and the fork
                overseer.drain()
            self._keeper.start()
            status = self._watch(overseer)
            self._keeper.stop(leaving=lambda: self._stop_requested)
            self._overseer = None
            if os.waitstatus_to_exitcode(status) in GONE_BY_THEMSELVES:
                self._even_without_redis(self._announcer.withdraw_all)
            else:
                self._bury(overseer, status)
            self._horse_pid = 0
            if self._limits.max_jobs is not None:
                left = self._limits.max_jobs - self._slots.begun_count()
                self._limits = replace(self._limits, max_jobs=left)
            if status == 0 or self._limits.max_jobs == 0:
                return
            self._repair(lambda: self._lease.regain(*self._slots.ended_counts()))

    def _fork(self) -> Overseer:
        """Start a horse."""
        connections.close_all()
        self._slots.clear()
        self._slots.set_renewed(time.monotonic())
        supervisor_pid = os.getpid()
        # The horse must not meet a signal before it has handlers of its own: it would run ours.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        pid = os.fork()
        if pid == 0:
            self._be_horse(supervisor_pid)
        with suppress(OSError):  # it does so itself; whichever is first
            os.setpgid(pid, pid)
        self._horse_pid = pid
        self._overseer = Overseer(
            horse_pid=pid,
            slots=self._slots,
            keeper=self._keeper,
            options=self.options,
            stop_requests=self._stop_requests,
        )
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        self.procline(f"supervises {pid}")
        return self._overseer

    def _be_horse(self, supervisor_pid: int) -> None:
        status = 1
        try:
            os.setpgrp()
            die_with_parent(supervisor_pid)
            self._is_horse = True
            random.seed()
            self.procline("runs tasks")
            status = run_horse(
                self._slots,
                client=self.connection,
                worker=self.name,
                worker_key=self.key,
                supervisor_pid=supervisor_pid,
                queues=self.queue_names(),
                options=self.options,
                limits=self._limits,
                run_plain=self._plain.run,
            )
        except BaseException:
            self.log.exception("the work-horse broke down")
        finally:
            os._exit(status)

    def _watch(self, overseer: Overseer) -> int:
        """Look after the horse until it ends; gives its wait status.

        Processes that it started die with one that did not go by itself: they were part of what
        it ran, and that runs again.
        """
        with death_notice(overseer.horse_pid) as notice:
            while not (ended := os.waitpid(overseer.horse_pid, os.WNOHANG))[0]:
                overseer.look()
                if self._keeper.is_dismissed and not self._stop_requested:
                    os.kill(os.getpid(), signal.SIGTERM)  # as RQ's own command does
                select.select(notice, [], [], LOOK_SECONDS)
        if os.waitstatus_to_exitcode(ended[1]) not in GONE_BY_THEMSELVES:
            with suppress(ProcessLookupError):
                os.killpg(overseer.horse_pid, signal.SIGKILL)
        return ended[1]

    def _bury(self, overseer: Overseer, status: int) -> None:
        """End what died with the horse, as soon as the database allows."""
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        how = f"signal {number}" if number else f"exit status {os.waitstatus_to_exitcode(status)}"
        self.log.error("Worker %s: work-horse %d ended: %s", self.name, overseer.horse_pid, how)
        verdicts = overseer.verdicts()
        self._repair(
            lambda: rescue(
                held_by(self.name),
                verdicts=verdicts,
                detail=how,
                release_name=self.options.release,
            )
        )
        self._even_without_redis(lambda: self._plain.bury(status))
        self._even_without_redis(self._announcer.withdraw_all)

    def _even_without_redis(self, action: Callable[[], None]) -> None:
        """Do what a Redis that is away must not keep us from going on without."""
        try:
            action()
        except RedisError as error:
            self.log.warning("Worker %s: Redis is away: %s", self.name, error)

    def _repair(self, action: Callable[[], object]) -> None:
        """Do a piece of database work, however long the database is away; give up when stopped.

        What is given up, a reaper makes good after this worker's lease has run out.
        """
        while True:
            try:
                action()
            except Error as error:
                self.log.warning("Worker %s: the database is away: %s", self.name, error)
                connections.close_all()
                if self._stop_requested:
                    return
                time.sleep(REPAIR_SECONDS)
            else:
                connections.close_all()
                return

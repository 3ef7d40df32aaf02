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
from contextlib import suppress
from dataclasses import replace
from typing import Any

from django.db import Error, connections
from redis.exceptions import RedisError
from rq import worker_registration
from rq.defaults import DEFAULT_LOGGING_DATE_FORMAT, DEFAULT_LOGGING_FORMAT
from rq.exceptions import StopRequested
from rq.suspension import is_suspended
from rq.worker import Worker
from rq.worker.base import DequeueStrategy, WorkerStatus

from jobs.broker.tickets import task_id_of
from jobs.services.rescue import rescue
from jobs.worker.announcer import Announcer
from jobs.worker.captured_log import capture_logs
from jobs.worker.coroutines import CoroutineLane
from jobs.worker.feeder import Feeder
from jobs.worker.horse import Horse
from jobs.worker.keeper import Keeper
from jobs.worker.lease import Lease
from jobs.worker.options import RunLimits, WorkerOptions
from jobs.worker.overseer import Overseer
from jobs.worker.parent_death import die_with_parent
from jobs.worker.plain import PlainRunner
from jobs.worker.recycling import RECYCLED
from jobs.worker.scheduler import start_scheduler
from jobs.worker.slots import Running, Slots

LOOK_SECONDS = 0.1
HORSE_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGUSR1}
#: How long a stop message is remembered for a task that has not begun yet.
STOP_MEMORY_SECONDS = 5.0
REPAIR_SECONDS = 1.0


class TaskWorker(Worker):
    """Runs tasks and plain jobs from the given queues."""

    def __init__(self, *args: Any, options: WorkerOptions | None = None, **kwargs: Any) -> None:
        if not kwargs.get("name"):
            kwargs["name"] = f"{socket.gethostname()[:80]}-{os.getpid()}"
        super().__init__(*args, **kwargs)
        self.options = options or WorkerOptions()
        self._slots = Slots(self.options.executors, self.options.async_slots)
        self._lease = Lease(self.name, queues=self.queue_names(), options=self.options)
        self._plain = PlainRunner(self)
        self._announcer = Announcer(
            self._slots, client=self.connection, worker=self.name, worker_key=self.key
        )
        self._keeper = Keeper(
            self._lease,
            counts=self._slots.ended_counts,
            beat_redis=self._beat_redis,
            announce=self._announcer.look,
        )
        self._stop_requests: dict[str, float] = {}
        self._overseer: Overseer | None = None
        self._limits = RunLimits()

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
                self.teardown()
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

    def _shutdown(self) -> None:
        """First signal: let the horse finish what runs, and give back what does not."""
        self._stop_requested = True
        if self.scheduler:
            self.stop_scheduler()
        if self._overseer is not None:
            self._overseer.drain()

    def _supervise(self) -> None:
        while not self._stop_requested:
            overseer, pipe = self._fork()
            if self._stop_requested:  # between our last look and the fork
                overseer.drain()
            self._keeper.start()
            status = self._watch(overseer, pipe)
            self._keeper.stop()
            self._overseer = None
            if os.waitstatus_to_exitcode(status) in {0, RECYCLED}:
                self._tell_none_runs()
            else:
                self._bury(overseer, status)
            self._horse_pid = 0
            if self._limits.max_jobs is not None:
                left = self._limits.max_jobs - self._slots.begun_count()
                self._limits = replace(self._limits, max_jobs=left)
            if status == 0 or self._limits.max_jobs == 0:
                return

    def _fork(self) -> tuple[Overseer, int]:
        """Start a horse; its end of the pipe closes when it dies, however it dies."""
        connections.close_all()
        self._slots.clear()
        readable, writable = os.pipe()
        supervisor_pid = os.getpid()
        # The horse must not meet a signal before it has handlers of its own: it would run ours.
        signal.pthread_sigmask(signal.SIG_BLOCK, HORSE_SIGNALS)
        pid = os.fork()
        if pid == 0:
            os.close(readable)
            self._be_horse(supervisor_pid)
        os.close(writable)
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
        signal.pthread_sigmask(signal.SIG_UNBLOCK, HORSE_SIGNALS)
        self.procline(f"supervises {pid}")
        return self._overseer, readable

    def _be_horse(self, supervisor_pid: int) -> None:
        status = 1
        try:
            os.setpgrp()
            die_with_parent(supervisor_pid)
            self._is_horse = True
            random.seed()
            self.procline("runs tasks")
            capture_logs()
            horse = Horse(
                self._slots,
                threads=self.options.threads,
                run_plain=self._plain.run,
                release_name=self.options.release,
            )
            lane = CoroutineLane(horse)
            feeder = Feeder(
                horse,
                lane,
                client=self.connection,
                worker=self.name,
                worker_key=self.key,
                supervisor_pid=supervisor_pid,
                queues=self.queue_names(),
                options=self.options,
                limits=self._limits,
            )
            horse.listen()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, HORSE_SIGNALS)
            lane.start()
            feeder.start()
            horse.work()
            feeder.join()
            status = feeder.exit_status
        except BaseException:
            self.log.exception("the work-horse broke down")
        finally:
            os._exit(status)

    def _watch(self, overseer: Overseer, pipe: int) -> int:
        """Look after the horse until it ends; gives its wait status, 0 when it went by itself."""
        try:
            while not select.select([pipe], [], [], LOOK_SECONDS)[0]:
                overseer.look()
        finally:
            os.close(pipe)
        return os.waitpid(overseer.horse_pid, 0)[1]

    def _bury(self, overseer: Overseer, status: int) -> None:
        """End what died with the horse, as soon as the database allows."""
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        how = f"signal {number}" if number else f"exit status {os.waitstatus_to_exitcode(status)}"
        self.log.error("Worker %s: work-horse %d ended: %s", self.name, overseer.horse_pid, how)
        verdicts = overseer.verdicts()
        self._repair(
            lambda: rescue(
                worker=self.name, verdicts=verdicts, detail=how, release_name=self.options.release
            )
        )
        try:
            self._plain.bury(status)
        except RedisError as error:
            self.log.warning("Worker %s: Redis is away: %s", self.name, error)
        self._tell_none_runs()

    def _tell_none_runs(self) -> None:
        try:
            self._announcer.withdraw_all()
        except RedisError as error:
            self.log.warning("Worker %s: Redis is away: %s", self.name, error)

    def _repair(self, action: Any) -> None:
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

    def _beat_redis(self) -> None:
        """What RQ's loop does between jobs: heartbeat, suspension, state, upkeep of registries.

        A registration that Redis lost is made again.
        """
        known = self.connection.exists(self.key)
        suspended = bool(is_suspended(self.connection, self))
        self._slots.set_suspended(suspended=suspended)
        if not known:
            with self.connection.pipeline() as pipe:
                pipe.hset(self.key, mapping=self.serialize())
                worker_registration.register(self, pipe)
                pipe.execute()
            self._announcer.forget()
        running = [self._slots.running(index) for index in range(self._slots.count)]
        self.set_state(_state(running, suspended=suspended))
        began = [slot.began for slot in running if slot is not None and not slot.is_task]
        self._plain.keep_alive(running_seconds=time.monotonic() - began[0] if began else None)
        if self.should_run_maintenance_tasks:
            self.run_maintenance_tasks()


def _state(running: list[Running | None], *, suspended: bool) -> WorkerStatus:
    if any(running):
        return WorkerStatus.BUSY
    return WorkerStatus.SUSPENDED if suspended else WorkerStatus.IDLE

"""Random harm to workers."""

import random
import time

from redis import Redis

from tests.support.workers import Crowd, WorkerProcess, wake


class Blows:
    """Random harm to a crowd of workers, decided by one random generator."""

    def __init__(self, crowd: Crowd, rng: random.Random, redis: Redis, *, lease_seconds: float):
        self._crowd = crowd
        self._rng = rng
        self._redis = redis
        self._lease_seconds = lease_seconds
        self._asleep: list[tuple[float, set[int]]] = []

    def strike(self) -> str:
        """One blow, and its name."""
        blow = self._rng.choice(
            (
                self._horse,
                self._supervisor,
                self._tree,
                self._all,
                self._asleep_tree,
                self._asleep_supervisor,
                self._told_to_end,
                self._redis_flushed,
            )
        )
        blow(self._rng.choice(self._alive()))
        return blow.__name__.strip("_")

    def tend(self) -> None:
        """Wake whom it is time to wake, and replace the dead."""
        now = time.monotonic()
        for moment, pids in self._asleep:
            if moment <= now:
                wake(pids)
        self._asleep = [(moment, pids) for moment, pids in self._asleep if moment > now]
        self._crowd.replace_dead()

    def wake_all(self) -> None:
        """Wake everybody."""
        for _, pids in self._asleep:
            wake(pids)
        self._asleep = []

    def _put_to_sleep(self, pids: set[int]) -> None:
        sleep_seconds = self._lease_seconds * self._rng.uniform(0.2, 2.5)
        self._asleep.append((time.monotonic() + sleep_seconds, pids))

    def _alive(self) -> list[WorkerProcess]:
        return [worker for worker in self._crowd.workers if worker.process.poll() is None]

    def _horse(self, victim: WorkerProcess) -> None:
        victim.kill_horse()

    def _supervisor(self, victim: WorkerProcess) -> None:
        victim.kill_supervisor()

    def _tree(self, victim: WorkerProcess) -> None:
        victim.kill_tree()

    def _all(self, victim: WorkerProcess) -> None:
        for worker in self._alive():
            worker.kill_tree()

    def _asleep_tree(self, victim: WorkerProcess) -> None:
        self._put_to_sleep(victim.stop())

    def _asleep_supervisor(self, victim: WorkerProcess) -> None:
        self._put_to_sleep(victim.stop_supervisor())

    def _told_to_end(self, victim: WorkerProcess) -> None:
        victim.process.terminate()

    def _redis_flushed(self, victim: WorkerProcess) -> None:
        self._redis.flushdb()

"""Redis that dies, hangs or forgets: the rows are the truth, and it is only the doorbell."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings
from redis import Redis

from jobs.broker.connection import redis as redis_client
from jobs.models import Attempt, Task
from taskqueue_site.up.ports import free_port
from taskqueue_site.up.redis_server import RedisServer
from tests.support.rows import submit_marks
from tests.support.verdict import all_settled, ran_again, violations
from tests.support.waiting import wait_for
from tests.support.workers import running_crowd, running_worker

pytestmark = [pytest.mark.acceptance, pytest.mark.django_db(transaction=True)]

#: How long Redis is away: a minute in the worst of nights, a few seconds here.
AWAY_SECONDS = 5.0


@pytest.fixture
def server(tmp_path: Path, settings: Settings) -> Iterator[RedisServer]:
    """A Redis of the test's own, that keeps nothing; this process uses it."""
    server = RedisServer(tmp_path / "redis", port=free_port(), persistent=False)
    server.start()
    settings.REDIS_URL = server.url
    redis_client.cache_clear()
    yield server
    redis_client.cache_clear()
    if server.process is not None:
        server.process.send_signal(signal.SIGCONT)
    server.stop()


def kill(server: RedisServer) -> None:
    """SIGKILL: no time to write anything, or to take leave of anybody."""
    assert server.process is not None
    server.process.kill()
    server.process.wait()


def test_a_redis_that_dies_and_comes_back_empty_costs_nothing(server: RedisServer, tmp_path: Path):
    # given two workers in the middle of thirty tasks
    with running_crowd(2, REDIS_URL=server.url), Redis.from_url(server.url) as client:
        ids = submit_marks(30, tmp_path, seconds=0.1)
        wait_for(lambda: Task.objects.ended().count() >= 5)

        # when Redis dies, and comes back without a memory
        kill(server)
        server.start()
        wait_for(all_settled(ids, client))

        # then each task ran, and none a second time
        assert violations(ids, client, marks=tmp_path) == []
        assert ran_again(ids, tmp_path) == []


def test_tasks_submitted_while_redis_is_away_run_when_it_is_back(
    server: RedisServer, tmp_path: Path
):
    # given workers whose lease is shorter than the time for which Redis is away
    lease = {"LEASE_SECONDS": str(AWAY_SECONDS - 1)}
    with running_crowd(2, REDIS_URL=server.url, **lease) as crowd:
        running = submit_marks(1, tmp_path, seconds=AWAY_SECONDS + 2)
        wait_for((tmp_path / running[0]).exists)

        # when a thousand tasks are submitted meanwhile
        until = time.monotonic() + AWAY_SECONDS
        kill(server)
        ids = running + [
            task_id for _ in range(10) for task_id in submit_marks(100, tmp_path, seconds=0)
        ]
        time.sleep(max(0.0, until - time.monotonic()))  # the length of the outage
        server.start()

        # then all run once, also the one that ran all the time, and no worker has died
        with Redis.from_url(server.url) as client:
            wait_for(all_settled(ids, client))
            assert violations(ids, client, marks=tmp_path) == []
        assert ran_again(ids, tmp_path) == []
        assert crowd.are_ready()


def test_a_redis_that_hangs_does_not_cost_a_running_task_its_lease(
    server: RedisServer, tmp_path: Path
):
    with running_worker(REDIS_URL=server.url, LEASE_SECONDS="10"):
        # given a running task
        ids = submit_marks(1, tmp_path, seconds=11)
        wait_for((tmp_path / ids[0]).exists)

        # when Redis hangs for longer than the lease
        assert server.process is not None
        os.kill(server.process.pid, signal.SIGSTOP)
        time.sleep(10.5)  # the length of the outage
        os.kill(server.process.pid, signal.SIGCONT)

        # then it never notices
        with Redis.from_url(server.url) as client:
            wait_for(all_settled(ids, client))
            assert violations(ids, client, marks=tmp_path) == []
    assert ran_again(ids, tmp_path) == []


def test_a_horse_that_dies_while_redis_is_away_is_replaced(server: RedisServer, tmp_path: Path):
    with running_worker(REDIS_URL=server.url) as worker:
        # given a worker without a Redis
        ids = submit_marks(1, tmp_path, seconds=3)
        wait_for((tmp_path / ids[0]).exists)
        kill(server)

        # when its horse dies
        horse = worker.horse_pid()
        worker.kill_horse()

        # then it gets another, and goes on when Redis is back
        wait_for(lambda: worker.horse_pid() not in {None, horse}, what="a new horse")
        server.start()
        with Redis.from_url(server.url) as client:
            wait_for(all_settled(ids, client))
            assert violations(ids, client, marks=tmp_path) == []
    assert list(Attempt.objects.values_list("outcome", flat=True)) == ["crashed", "succeeded"]


def test_a_worker_ends_cleanly_while_redis_is_away(server: RedisServer, tmp_path: Path):
    with running_worker(REDIS_URL=server.url, DRAIN_SECONDS="20") as worker:
        ids = submit_marks(1, tmp_path, seconds=1.5)
        wait_for((tmp_path / ids[0]).exists)
        kill(server)

        assert worker.terminate() == 0

    assert list(Attempt.objects.values_list("outcome", flat=True)) == ["succeeded"]

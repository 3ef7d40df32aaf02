"""Workers that are told to stop under load: what runs may end, what does not is given back."""

import time
from pathlib import Path

import pytest
from redis import Redis

from jobs.domain.states import State
from jobs.models import Event, Task, WorkerLease
from tests.support.rows import submit_marks
from tests.support.verdict import all_settled, ran_again, violations
from tests.support.waiting import wait_for
from tests.support.workers import running_crowd, running_worker

pytestmark = [pytest.mark.acceptance, pytest.mark.django_db(transaction=True)]


def test_workers_told_to_stop_under_load_run_nothing_twice(tmp_path: Path, redis: Redis):
    # given three workers in the middle of a hundred and fifty tasks
    with running_crowd(3) as crowd:
        ids = submit_marks(150, tmp_path, seconds=0.02)
        wait_for(lambda: Task.objects.ended().count() >= 30)

        # when all are told to stop
        for worker in crowd.workers:
            worker.process.terminate()
        assert [worker.process.wait(60) for worker in crowd.workers] == [0, 0, 0]

        # then nothing is held, and what had begun has ended
        states = set(Task.objects.values_list("state", flat=True))
        assert states == {State.SUCCESS, State.PENDING}
        assert not WorkerLease.objects.exists()

        # and others do the rest
        crowd.replace_dead()
        wait_for(all_settled(ids, redis))
    assert violations(ids, redis, marks=tmp_path) == []
    assert ran_again(ids, tmp_path) == []


def test_a_second_sigterm_stops_at_once_and_gives_back(tmp_path: Path, redis: Redis):
    with running_worker(DRAIN_SECONDS="600") as worker:
        # given a worker that lets a long task finish
        (task_id,) = submit_marks(1, tmp_path, seconds=60)
        wait_for((tmp_path / task_id).exists)
        worker.process.terminate()
        time.sleep(1.2)  # RQ takes two signals within a second for one

        # when it is told again
        assert worker.terminate() == 0

    # then the task waits for another worker, without a try spent
    row = Task.objects.get(pk=task_id)
    assert (row.state, row.tries, row.rescues, row.attempt_count) == (State.PENDING, 0, 0, 0)
    assert list(row.events.values_list("kind", flat=True)) == [Event.Kind.RESCUED]
    assert redis.llen("rq:queue:default") == 1
    assert not WorkerLease.objects.exists()

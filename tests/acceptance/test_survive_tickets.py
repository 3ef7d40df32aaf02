"""Tickets that are doubled, forged, spoiled or stale: only the row decides what runs."""

from pathlib import Path

import pytest
import uuid_utils
from redis import Redis

from jobs.broker import tickets
from jobs.broker.tickets import list_key, ticket
from jobs.domain.states import State
from jobs.models import Attempt, Task
from tests.support.rows import ago, make_task, reload, submit_marks
from tests.support.verdict import all_settled, ran_again, violations
from tests.support.waiting import stays, wait_for
from tests.support.workers import running_crowd, running_worker

pytestmark = [pytest.mark.acceptance, pytest.mark.django_db(transaction=True)]

STALE_COUNT = 100_000
GARBAGE = [
    b"",
    b"\x00\xff\xfe",
    b"task-",
    b"task-not-a-uuid",
    b"task-" + b"0" * 10_000,
    b"TASK-" + b"0" * 36,
    b"'; DROP TABLE jobs_task; --",
    b"no-such-job",
]


def test_doubled_and_forged_tickets_run_nothing_twice_and_nothing_else(
    tmp_path: Path, redis: Redis
):
    # given tasks with ten tickets each, on every queue, some side by side
    ids = submit_marks(30, tmp_path, seconds=0.02)
    for queue in ("high", "default", "low"):
        tickets.push([(queue, task_id) for task_id in ids for _ in range(2)])
        tickets.push([(queue, task_id) for task_id in ids])
    # and tickets for what must not run, for nothing, and garbage
    paused = make_task(state=State.SCHEDULED, name="tests.mark", run_after=ago(-60))
    over = make_task(state=State.REVOKED, name="tests.mark")
    forged = [str(paused.pk), str(over.pk), *(str(uuid_utils.uuid7()) for _ in range(50))]
    tickets.push([("high", task_id) for task_id in forged])
    for queue in ("high", "low"):
        redis.lpush(list_key(queue), *GARBAGE)
        redis.rpush(list_key(queue), *GARBAGE)
    # and a job of RQ's that is none
    redis.set("rq:job:not-a-hash", "x")
    redis.hset("rq:job:half-a-hash", mapping={"created_at": "yesterday", "data": b"\x00"})
    redis.lpush(list_key("high"), "not-a-hash", "half-a-hash")

    # when two workers of four threads each take them
    with running_crowd(2, "high", "default", "low", "--threads", "4") as crowd:
        # a job that is none is popped, and put back while another runs: the lists may seem empty
        wait_for(stays(all_settled(ids, redis), seconds=1))
        assert crowd.are_ready()

    # then each task ran once
    assert violations(ids, redis, marks=tmp_path) == []
    assert ran_again(ids, tmp_path) == []
    assert (reload(paused).state, reload(over).state) == (State.SCHEDULED, State.REVOKED)


def test_a_task_behind_a_hundred_thousand_stale_tickets_runs_soon(tmp_path: Path, redis: Redis):
    # given the tickets of a task that has ended, and of rows that are gone
    over = str(make_task(state=State.SUCCESS).pk)
    stale = [ticket(over)] * 50_000
    stale += [ticket(str(uuid_utils.uuid7())) for _ in range(STALE_COUNT - len(stale))]
    redis.rpush(list_key("default"), *stale)
    ids = submit_marks(3, tmp_path, seconds=0)

    # when one worker has to go through all of them
    with running_worker():
        wait_for(all_settled(ids, redis))

    # then
    assert violations(ids, redis, marks=tmp_path) == []
    assert Attempt.objects.count() == 3
    assert Task.objects.get(pk=over).attempt_count == 0

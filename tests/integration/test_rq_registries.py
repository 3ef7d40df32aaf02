"""Tasks in RQ's registries: what lies there, what the pages show of it, what their buttons do."""

import json

import pytest
from django.utils import timezone
from rq.registry import FailedJobRegistry, StartedJobRegistry

from jobs.broker.started import Announced, announce
from jobs.domain.states import State
from jobs.maintenance.mirror import mirror_failures
from jobs.models import Task
from tests.support.rows import ago, make_task, reload
from tests.support.rq import HOME, QUEUE, line, plain
from tests.support.staff import said

pytestmark = pytest.mark.django_db


def dead(**columns) -> Task:
    given = {"queue": "high", "state": "FAILURE", "finished_at": ago(5), "name": "send_email"}
    return make_task(**given | columns)


def announced(redis) -> Task:
    """A task that runs on w1, and that w1 has told RQ of."""
    task = make_task(queue="high", state="STARTED", worker="w1", fence=3, name="send_email")
    pipe = redis.pipeline()
    told = Announced(
        task_id=str(task.pk), fence=3, queue="high", name=task.name, started_at=timezone.now()
    )
    announce(pipe, [told], worker="w1")
    pipe.execute()
    return task


def failed(redis) -> list[str]:
    return FailedJobRegistry("high", connection=redis).get_job_ids()


def test_dead_letters_are_mirrored_and_plain_failures_left_alone(redis):
    # given
    job = plain(fails=True)
    stays, requeued, discarded = dead(), dead(), dead()
    assert mirror_failures() == 3

    # when
    Task.objects.filter(pk=requeued.pk).update(state="PENDING")
    Task.objects.filter(pk=discarded.pk).update(discarded_at=timezone.now())
    later = dead(finished_at=ago(1))

    # then the oldest failure comes first, as in RQ
    assert mirror_failures() == 3
    assert [each for each in failed(redis) if each != job.id] == [
        f"task-{stays.pk}",
        f"task-{later.pk}",
    ]
    assert job.id in failed(redis)
    assert mirror_failures() == 0


def test_a_registry_that_redis_lost_is_filled_again(redis):
    # given
    task = dead()
    mirror_failures()

    # when
    redis.flushdb()
    mirror_failures()

    # then
    assert failed(redis) == [f"task-{task.pk}"]


def test_no_more_than_the_newest_are_mirrored(redis, monkeypatch):
    # given
    monkeypatch.setattr("jobs.maintenance.mirror.MOST_PER_QUEUE", 2)
    tasks = [dead() for _ in range(3)]

    # when
    mirror_failures()

    # then
    assert sorted(failed(redis)) == sorted(f"task-{task.pk}" for task in tasks[1:])


@pytest.mark.parametrize("desc", ["0", "1"])
def test_the_failed_page_lists_dead_letters_beside_plain_jobs(root, redis, desc):
    # given
    task, job = dead(), plain(fails=True)
    mirror_failures()

    # when, then; twice, as looking must not throw anything away
    for _ in range(2):
        page = root.get(f"{QUEUE}failed/?desc={desc}").content.decode()
        assert f"task-{task.pk}" in page
        assert "send_email" in page
        assert job.id in page
    assert len(failed(redis)) == 2


def test_the_started_page_lists_announced_tasks_also_without_their_hash(root, redis):
    # given
    task = announced(redis)

    # when, then
    page = root.get(f"{QUEUE}started/").content.decode()
    assert f"task-{task.pk}" in page
    assert "send_email" in page
    redis.delete(f"rq:job:task-{task.pk}")
    assert root.get(f"{QUEUE}started/").status_code == 200
    assert StartedJobRegistry("high", connection=redis).get_job_ids() == [f"task-{task.pk}"]


def test_what_is_announced_or_mirrored_is_counted_once(root, redis):
    # given
    announced(redis)
    dead()
    mirror_failures()

    # then
    answer = json.loads(root.get(f"{HOME}stats.json").content)
    high = next(queue for queue in answer["queues"] if queue["name"] == "high")
    assert (high["started_jobs"], high["failed_jobs"]) == (1, 1)


def test_stop_of_an_announced_task_asks_its_worker(root, redis):
    # given
    task = announced(redis)

    # when
    form = {"action": "stop", "job_ids": [f"task-{task.pk}"]}
    response = root.post(f"{HOME}queues/actions/1/", form)

    # then
    assert reload(task).cancel_requested_at is not None
    assert "Asked 1 task to stop" in said(response)


@pytest.mark.parametrize(
    ("page", "state"), [("requeue-all", State.PENDING), ("failed/clear", State.FAILURE)]
)
def test_a_button_for_all_leaves_no_ticket_in_the_registry(root, redis, page, state):
    # given
    task = dead()
    mirror_failures()

    # when
    root.post(f"{QUEUE}{page}/")

    # then
    assert failed(redis) == []
    assert reload(task).state == state
    assert line(redis) == []  # ours would follow the commit, which this test never reaches


@pytest.mark.parametrize("verb", ["requeue", "delete"])
def test_a_tasks_button_takes_it_out_of_the_registry(root, redis, verb):
    # given
    task = dead()
    mirror_failures()

    # when
    root.post(f"{QUEUE}task-{task.pk}/{verb}/")

    # then
    assert failed(redis) == []


def test_the_list_of_workers_answers_while_one_runs_a_task(root, redis):
    # given
    redis.hset("rq:worker:w9", mapping={"queues": "high", "state": "busy", "current_job": "task-x"})
    redis.sadd("rq:workers", "rq:worker:w9")
    redis.sadd("rq:workers:high", "rq:worker:w9")

    # then
    response = root.get(f"{HOME}workers/1/")
    assert response.status_code == 200
    assert "w9" in response.content.decode()

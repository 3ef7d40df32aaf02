from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.api.answers.cluster import (
    QueueAnswer,
    Queues,
    QueueStats,
    TaskTypes,
    Workers,
    WorkersHealth,
    WorkersStats,
)
from jobs.domain.outcomes import Ending
from jobs.domain.states import Move, State
from jobs.models import WorkerLease
from tests.support.api import problem_of
from tests.support.rows import ago, claimed, finished, make_task, outcome_of

pytestmark = pytest.mark.django_db


def make_worker(name="w1", queues=("high", "default", "low"), *, silent_seconds=0.0):
    return WorkerLease.objects.create(
        name=name,
        host="h1",
        pid=7,
        queues=list(queues),
        concurrency=2,
        release="r1",
        renewed_at=timezone.now() - timedelta(seconds=silent_seconds),
    )


def answer_of(response, shape, status=200):
    assert response.status_code == status, response.content
    shape.model_validate_json(response.content)
    return response.json()


def test_every_queue_is_shown_the_most_urgent_first(api):
    # given
    make_task(queue="low", run_after=ago(60))
    make_task(queue="low", run_after=ago(5))
    make_task(queue="low", state=State.SCHEDULED)
    claimed(make_task(queue="high"))
    make_worker(queues=["high"])

    # when
    answer = answer_of(api.get("queues"), Queues)

    # then
    assert answer["count"] == 3
    high, default, low = answer["queues"]
    assert [queue["name"] for queue in answer["queues"]] == ["high", "default", "low"]
    assert (low["depth"], low["pending"], low["scheduled"], low["workers"]) == (2, 2, 1, 0)
    assert 60 <= low["oldest_waiting_seconds"] < 90
    assert (high["running"], high["workers"]) == (1, 1)
    assert (default["depth"], default["oldest_waiting_seconds"]) == (0, None)


def test_one_queue_is_shown(api):
    make_task(queue="low")

    assert answer_of(api.get("queues/low"), QueueAnswer)["depth"] == 1


def test_a_queue_that_does_not_exist_is_404_and_says_which_do(api):
    problem = problem_of(api.get("queues/urgent"), 404, "not_found")

    assert "high, default, low" in problem["detail"]


def test_the_lengths_of_the_queues_are_told_together_and_apart(api):
    make_task(queue="low")
    make_task(queue="low")
    make_task(queue="high")

    answer = answer_of(api.get("queue/stats"), QueueStats)

    assert answer["queue_length"] == 3
    lengths = {queue["queue_name"]: queue["queue_length"] for queue in answer["queues"]}
    assert lengths == {"high": 1, "default": 0, "low": 2}


def test_every_worker_is_shown_with_what_it_runs(api):
    # given
    make_worker("w1", ["high"])
    make_worker("w2", silent_seconds=100)
    task = make_task()
    claimed(task, worker="w1")

    # when
    answer = answer_of(api.get("workers"), Workers)

    # then
    first, second = answer["workers"]
    assert (first["name"], first["host"], first["pid"], first["queues"]) == (
        "w1",
        "h1",
        7,
        ["high"],
    )
    assert (first["state"], first["release"], first["concurrency"]) == ("busy", "r1", 2)
    assert first["held_count"] == 1
    assert [held["task_id"] for held in first["current_tasks"]] == [str(task.pk)]
    assert first["heartbeat_age_seconds"] < 10
    assert (second["state"], second["current_tasks"]) == ("lost", [])


def test_the_seven_numbers_are_told_and_no_more(api):
    # given
    make_worker()
    make_worker("w2", silent_seconds=100)
    for queue, count in {"high": 1, "default": 2, "low": 3}.items():
        for _ in range(count):
            make_task(queue=queue)
    claimed(make_task())
    finished(outcome_of(claimed(make_task())))
    failure = {"move": Move.FAIL, "ending": Ending.FAILED}
    finished(outcome_of(claimed(make_task()), **failure))

    # then
    assert answer_of(api.get("workers/stats"), WorkersStats) == {
        "queued_high": 1,
        "queued_default": 2,
        "queued_low": 3,
        "active_tasks": 1,
        "failed_tasks": 1,
        "success_tasks": 1,
        "workers_online": 1,
    }


@pytest.mark.parametrize(
    ("workers", "status", "code", "unserved"),
    [
        ([], "unhealthy", 503, ["high", "default", "low"]),
        ([{"silent_seconds": 100}], "unhealthy", 503, ["high", "default", "low"]),
        ([{"queues": ["high"]}], "degraded", 200, ["default", "low"]),
        ([{}, {"name": "w2", "silent_seconds": 100}], "degraded", 200, []),
        ([{}], "healthy", 200, []),
    ],
)
def test_the_health_of_the_workers_is_told_by_status_and_code(api, workers, status, code, unserved):
    for worker in workers:
        make_worker(**worker)

    answer = answer_of(api.get("workers/health"), WorkersHealth, code)

    assert (answer["status"], answer["unserved_queues"]) == (status, unserved)
    assert len(answer["workers"]) == len(workers)


def test_every_task_type_is_shown_with_the_schema_of_its_payload(api):
    answer = answer_of(api.get("task-types"), TaskTypes)

    types = {task_type["name"]: task_type for task_type in answer["task_types"]}
    demo = {
        "send_email": ("high", 5),
        "process_payment": ("high", 3),
        "generate_report": ("low", 2),
        "data_pipeline": ("low", 2),
        "add": ("default", 3),
        "process": ("default", 3),
        "calculate": ("default", 3),
        "heavy_task": ("default", 3),
    }
    assert {name: (types[name]["queue"], types[name]["max_retries"]) for name in demo} == demo
    email = types["send_email"]
    assert email["arguments"]["required"] == ["to", "subject", "body"]
    assert email["description"]
    assert email["timeout_seconds"] > 0


@pytest.mark.parametrize(
    ("path", "queries"),
    [("queues", 6), ("queue/stats", 6), ("workers", 2), ("workers/stats", 4), ("task-types", 1)],
)
def test_overviews_cost_the_same_however_much_there_is(
    api, django_assert_num_queries, path, queries
):
    for number in range(5):
        make_worker(f"w{number}")
        claimed(make_task(), worker=f"w{number}")
        make_task(state=State.FAILURE)

    with django_assert_num_queries(queries):
        api.get(path)

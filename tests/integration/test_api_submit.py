from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from jobs.broker.tickets import list_key, ticket
from jobs.domain.states import State
from jobs.models import Task
from tests.support.api import EMAIL, fields_of, problem_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_submitted_task_is_accepted_in_the_documented_words(api, redis):
    # when
    response = api.post("tasks/submit", {"task_type": "send_email", "payload": EMAIL})

    # then
    assert response.status_code == 202
    answer = response.json()
    task = Task.objects.get()
    assert answer == {
        "task_id": str(task.pk),
        "status": "PENDING",
        "priority": "high",
        "message": "Task 'send_email' queued on 'high' queue.",
        "max_retries": 5,
    }
    assert (task.name, task.queue, task.kwargs) == ("send_email", "high", EMAIL)
    assert redis.lrange(list_key("high"), 0, -1) == [ticket(answer["task_id"]).encode()]


@pytest.mark.parametrize(
    ("priority", "queue"),
    [
        ("high", "high"),
        ("default", "default"),
        ("normal", "default"),
        ("low", "low"),
        (None, "high"),
    ],
)
def test_the_priority_names_the_queue(api, priority, queue):
    body = {"task_type": "send_email", "payload": EMAIL, "priority": priority}

    answer = api.post("tasks/submit", body).json()

    assert answer["priority"] == queue
    assert Task.objects.get(pk=answer["task_id"]).queue == queue


@pytest.mark.parametrize("path", ["tasks", "tasks/", "tasks/submit", "tasks/submit/"])
@pytest.mark.parametrize("word", ["task_type", "name", "type"])
def test_every_address_and_synonym_submits(api, path, word):
    response = api.post(path, {word: "add", "args": [1, 2]})

    assert response.status_code == 202
    assert Task.objects.get().kwargs == {"x": 1, "y": 2}


@pytest.mark.parametrize(
    "arguments",
    [
        {"data": [1, 2]},
        {"kwargs": {"data": [1, 2]}},
        {"payload": {"data": [1, 2]}},
        {"args": [[1, 2]]},
    ],
)
def test_arguments_may_be_given_in_each_documented_form(api, arguments):
    response = api.post("tasks", {"name": "process", **arguments})

    assert response.status_code == 202, response.content
    assert Task.objects.get().kwargs == {"data": [1, 2]}


def test_options_of_the_call_override_those_of_the_type(api):
    # given
    expiry = timezone.now() + timedelta(hours=1)

    # when
    response = api.post(
        "tasks",
        {
            "name": "add",
            "args": [1, 2],
            "queue": "low",
            "max_retries": 0,
            "timeout_seconds": 1.5,
            "expires_at": expiry.isoformat(),
        },
    )

    # then
    assert response.json()["max_retries"] == 0
    task = Task.objects.get()
    assert (task.queue, task.max_retries, task.timeout_seconds) == ("low", 0, 1.5)
    assert task.expires_at == expiry


def test_a_delayed_task_is_scheduled_and_has_no_ticket(api, redis):
    # given
    before = timezone.now()

    # when
    response = api.post("tasks", {"name": "add", "args": [1, 2], "delay_seconds": 60})

    # then
    assert response.json()["status"] == "SCHEDULED"
    task = Task.objects.get()
    assert task.state == State.SCHEDULED
    assert timedelta(seconds=59) < task.run_after - before < timedelta(seconds=70)
    assert redis.exists(list_key("default")) == 0


def test_a_task_may_be_told_when_to_run(api):
    response = api.post(
        "tasks", {"name": "add", "args": [1, 2], "run_after": "2090-01-31T12:00:00+01:00"}
    )

    assert response.json()["status"] == "SCHEDULED"
    assert Task.objects.get().run_after.isoformat() == "2090-01-31T11:00:00+00:00"


def test_a_task_that_was_due_in_the_past_runs_at_once(api):
    response = api.post(
        "tasks", {"name": "add", "args": [1, 2], "run_after": "2020-01-31T12:00:00Z"}
    )

    assert response.json()["status"] == "PENDING"


def test_many_tasks_are_written_by_one_call_in_the_order_given(api, redis):
    # given
    bodies = [{"task_type": "add", "payload": {"x": number, "y": 0}} for number in range(20)]
    bodies.append({"task_type": "send_email", "payload": EMAIL})

    # when
    response = api.post("tasks/bulk", {"tasks": bodies})

    # then
    assert response.status_code == 202
    answer = response.json()
    assert answer["count"] == 21
    rows = Task.objects.in_bulk([UUID(task_id) for task_id in answer["task_ids"]])
    found = [rows[UUID(task_id)].kwargs for task_id in answer["task_ids"]]
    assert [kwargs.get("x") for kwargs in found] == [*range(20), None]
    assert (redis.llen(list_key("default")), redis.llen(list_key("high"))) == (20, 1)


def test_one_bad_task_of_many_is_named_by_its_index_and_nothing_is_written(api, redis):
    # given
    bodies = [{"task_type": "add", "args": [1, number]} for number in range(5)]
    bodies[1] = {"task_type": "add", "payload": {"x": 1}}
    bodies[3] = {"task_type": "nothing"}

    # when
    response = api.post("tasks/bulk", {"tasks": bodies})

    # then
    problem = problem_of(response, 400, "invalid_input")
    assert [error["index"] for error in problem["errors"]] == [1, 3]
    assert fields_of(problem) == ["tasks.1.payload.y", "tasks.3.task_type"]
    assert not Task.objects.exists()
    assert redis.keys("rq:queue:*") == []


@pytest.mark.parametrize("tasks", [[], [{"task_type": "add", "args": [1, 2]}] * 10_001])
def test_a_bulk_call_takes_from_one_to_ten_thousand_tasks(api, tasks):
    response = api.post("tasks/bulk", {"tasks": tasks})

    assert fields_of(problem_of(response, 400, "invalid_input")) == ["tasks"]
    assert not Task.objects.exists()


def test_ten_thousand_tasks_fit_one_call(api):
    body = {"tasks": [{"task_type": "add", "args": [1, 2]}] * 10_000}

    assert api.post("tasks/bulk", body).json()["count"] == 10_000

    assert Task.objects.count() == 10_000

"""Actions over all tasks of a filter by the API: what it answers, and what it refuses."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from jobs.api.answers.operations import OperationAnswer, OperationPage, PreviewAnswer
from jobs.domain.operations import Action
from jobs.domain.states import State
from jobs.models import Event, Operation, Task, TaskTag
from tests.support.api import fields_of, problem_of
from tests.support.operations import begin, many, states, worked
from tests.support.rows import ago, claimed, make_task, reload
from tests.support.staff import client_of

#: What an action cannot do without.
NEEDED = {
    Action.MOVE: {"queue": "high"},
    Action.RESCHEDULE: {"run_after": "2035-01-31T12:00:00Z"},
}

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_dry_run_counts_by_state_and_changes_nothing(api):
    many(2, queue="low", state=State.FAILURE)
    make_task(queue="low", state=State.SUCCESS)
    claimed(make_task(queue="low"))
    make_task(queue="high", state=State.FAILURE)

    body = {"action": "requeue", "filter": {"queue": "low"}, "dry_run": True}
    answer = api.post("tasks/actions", body)

    assert answer.status_code == 200
    PreviewAnswer.model_validate_json(answer.content)
    told = answer.json()
    assert told["by_state"] == {"FAILURE": 2, "STARTED": 1, "SUCCESS": 1}
    assert (told["count"], told["allowed"], told["skipped"]) == (4, 3, 1)
    assert not Operation.objects.exists()
    assert Task.objects.filter(state=State.FAILURE).count() == 3


def test_an_operation_is_answered_with_what_to_watch(api):
    tasks = many(3, state=State.FAILURE)

    answer = api.post(
        "tasks/actions",
        {"action": "requeue", "filter": {"status": "failed"}, "reason": "the server is back"},
    )

    assert answer.status_code == 202
    OperationAnswer.model_validate_json(answer.content)
    told = answer.json()
    assert (told["state"], told["total"], told["percent"]) == ("running", None, None)
    assert told["filter"] == {"status": "FAILURE"}
    worked(Operation.objects.get(pk=told["operation_id"]))

    told = api.get(f"operations/{told['operation_id']}").json()
    assert (told["state"], told["done"], told["percent"]) == ("completed", 3, 100.0)
    assert states(tasks) == [State.PENDING] * 3
    event = Event.objects.first()
    assert (event.kind, event.actor, event.reason) == (
        "requeued", "anonymous", "the server is back",
    )  # fmt: skip


FILTERS = {
    "status": {"status": "failed"},
    "queue": {"queue": "low"},
    "type": {"task_type": "process"},
    "worker": {"worker": "w1"},
    "tag": {"tag": "eu"},
    "tag, state and queue": {"tag": "eu", "status": "failed,cancelled", "queue": "low"},
    "after": {"created_after": "CUT"},
    "before": {"created_before": "CUT"},
}


@pytest.mark.parametrize("wanted", FILTERS.values(), ids=FILTERS)
def test_a_filter_takes_what_the_list_of_tasks_takes(api, wanted):
    # given tasks of every kind, before a moment and after
    for _ in range(2):
        make_task(state=State.FAILURE)
        tagged = make_task(queue="low", state=State.REVOKED)
        TaskTag.objects.create(task=tagged, tag="eu")
        make_task(name="process", state=State.SUCCESS, worker="w1")
        cut = timezone.now() + timedelta(milliseconds=2)
        while timezone.now() < cut:
            pass
    cut_text = Task.objects.order_by("pk")[3].created_at.isoformat()
    wanted = {key: cut_text if value == "CUT" else value for key, value in wanted.items()}
    listed = {task["task_id"] for task in api.get("tasks", **wanted).json()["tasks"]}

    # when
    worked_on = api.post("tasks/actions", {"action": "requeue", "filter": wanted}).json()
    worked(Operation.objects.get(pk=worked_on["operation_id"]))

    # then
    assert 0 < len(listed) < 6
    touched = Event.objects.values_list("task_id", flat=True)
    assert {str(task_id) for task_id in touched} == listed


def test_ids_name_the_tasks(api):
    tasks = many(4, state=State.FAILURE)
    ids = [str(tasks[0].pk), tasks[2].pk.hex, str(uuid.uuid4())]

    api.post("tasks/actions", {"action": "requeue", "filter": {"ids": ids}})
    operation = worked(Operation.objects.get())

    assert states(tasks) == ["PENDING", "FAILURE", "PENDING", "FAILURE"]
    assert (operation.total_count, operation.done_count) == (2, 2)


def test_every_task_is_meant_only_when_it_is_said(api):
    tasks = many(2, state=State.FAILURE)

    answer = api.post("tasks/actions", {"action": "requeue", "filter": {}})
    assert fields_of(problem_of(answer, 400, "invalid_input")) == ["filter"]
    answer = api.post("tasks/actions", {"action": "requeue", "filter": {}, "all": True})

    assert answer.status_code == 202
    worked(Operation.objects.get())
    assert states(tasks) == [State.PENDING] * 2


ACT = {"action": "requeue", "filter": {"queue": "low"}}
BAD = {
    "no action": ({"filter": {"queue": "low"}}, "action"),
    "an unknown action": (ACT | {"action": "delete"}, "action"),
    "an action that is no text": (ACT | {"action": 7}, "action"),
    "no filter": ({"action": "requeue"}, "filter"),
    "a filter that is no object": (ACT | {"filter": "low"}, "filter"),
    "an unknown filter": (ACT | {"filter": {"colour": "red"}}, "filter.colour"),
    "an unknown state": (ACT | {"filter": {"status": "lost"}}, "filter.status"),
    "a state that is no text": (ACT | {"filter": {"status": 7}}, "filter.status"),
    "an unknown queue": (ACT | {"filter": {"queue": "urgent"}}, "filter.queue"),
    "a NUL": (ACT | {"filter": {"worker": "a\0b"}}, "filter.worker"),
    "no moment": (ACT | {"filter": {"created_after": "soon"}}, "filter.created_after"),
    "no ids": (ACT | {"filter": {"ids": []}}, "filter.ids"),
    "too many ids": (ACT | {"filter": {"ids": [str(uuid.uuid4())] * 10_001}}, "filter.ids"),
    "an id that is none": (ACT | {"filter": {"ids": ["1"]}}, "filter.ids.0"),
    "all of some": (ACT | {"all": True}, "all"),
    "all in words": ({"action": "requeue", "filter": {}, "all": "yes"}, "all"),
    "a dry run in words": (ACT | {"dry_run": "yes"}, "dry_run"),
    "a reason of a book": (ACT | {"reason": "x" * 1001}, "reason"),
    "a reason that cannot be kept": (ACT | {"reason": "a\0b"}, "reason"),
    "an unknown field": (ACT | {"force": True}, "force"),
    "a limit": (ACT | {"filter": {"queue": "low", "limit": 5}}, "filter.limit"),
}


@pytest.mark.parametrize(("body", "field"), BAD.values(), ids=BAD)
def test_bad_input_is_refused_by_the_name_of_its_field(api, body, field):
    task = make_task(queue="low", state=State.FAILURE)

    problem = problem_of(api.post("tasks/actions", body), 400, "invalid_input")

    assert fields_of(problem) == [field]
    assert not Operation.objects.exists()
    assert reload(task).state == State.FAILURE


def test_an_error_inside_the_filter_names_what_a_filter_may_have(api):
    answer = api.post("tasks/actions", ACT | {"filter": {"colour": "red"}})

    (error,) = answer.json()["errors"]
    assert "known are: " in error["message"]
    assert "created_before" in error["message"]
    assert "dry_run" not in error["message"]


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("action", Action)
def test_each_action_asks_for_its_own_permission(api, action, dry_run):
    # given somebody who may do all but this
    make_task(state=State.FAILURE)
    every = {permission for each in Action for permission in each.permissions}
    others = [f"jobs.{each}" for each in every - set(action.permissions)]
    body = {"action": action.value, "filter": {}, "all": True, "dry_run": dry_run}
    body |= NEEDED.get(action, {})
    api.client = client_of("jobs.view_task", *others, name="eve")

    problem_of(api.post("tasks/actions", body), 403, "permission_denied")
    assert not Operation.objects.exists()

    # and somebody who may do this alone
    api.client = client_of(*(f"jobs.{each}" for each in action.permissions), name="bob")
    assert api.post("tasks/actions", body).status_code == (200 if dry_run else 202)


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel"])
def test_the_verbs_of_an_operation_ask_for_the_permission_of_its_action(api, verb):
    operation = begin(Action.DISCARD)
    api.client = client_of("jobs.view_task", "jobs.requeue_task", name="eve")

    problem_of(api.post(f"operations/{operation.pk}/{verb}"), 403, "permission_denied")
    assert Operation.objects.get().state == "running"

    api.client = client_of("jobs.discard_task", name="bob")
    assert api.post(f"operations/{operation.pk}/{verb}").status_code == 200


def test_an_operation_is_paused_resumed_and_cancelled_by_the_api(api):
    operation = begin()

    for verb, state in (("pause", "paused"), ("resume", "running"), ("cancel", "cancelled")):
        for _ in range(2):
            answer = api.post(f"operations/{operation.pk}/{verb}", {"reason": f"to {verb} it"})
            assert (answer.status_code, answer.json()["state"]) == (200, state)
    told = [(line["verb"], line["actor"], line["reason"]) for line in answer.json()["history"]]
    assert told == [
        ("pause", "anonymous", "to pause it"),
        ("resume", "anonymous", "to resume it"),
        ("cancel", "anonymous", "to cancel it"),
    ]
    problem = problem_of(api.post(f"operations/{operation.pk}/pause"), 409, "operation_refused")
    assert problem["state"] == "cancelled"


def test_operations_are_listed_the_newest_first_in_pages(api):
    made = [str(begin().pk) for _ in range(5)]

    answer = api.get("operations", limit=2)
    OperationPage.model_validate_json(answer.content)
    seen = []
    while True:
        page = answer.json()
        seen += [each["operation_id"] for each in page["operations"]]
        if page["next"] is None:
            break
        answer = api.client.get(page["next"])

    assert seen == made[::-1]


@pytest.mark.parametrize(
    ("given", "status", "code"),
    [("1", 400, "invalid_input"), (str(uuid.uuid4()), 404, "operation_not_found")],
)
@pytest.mark.parametrize("verb", ["", "/pause", "/resume", "/cancel"])
def test_an_operation_that_does_not_exist_is_told_so(api, verb, given, status, code):
    method = "POST" if verb else "GET"

    problem_of(api.send(method, f"operations/{given}{verb}"), status, code)


def test_a_list_of_operations_costs_one_query(api, django_assert_num_queries):
    for _ in range(5):
        begin()

    with django_assert_num_queries(1):
        api.get("operations")


def test_nobody_unknown_acts_elsewhere_than_in_development(api, settings):
    settings.JOBS = settings.JOBS | {"ANONYMOUS_ACCESS": False}
    task = make_task(queue="low", state=State.FAILURE, run_after=ago(1))
    api.client = Client()

    problem_of(api.post("tasks/actions", ACT), 401, "not_authenticated")
    problem_of(api.send("POST", "tasks/actions", b"nonsense"), 401, "not_authenticated")
    assert reload(task).state == State.FAILURE

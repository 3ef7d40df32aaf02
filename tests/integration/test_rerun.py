"""A task once more, as a new one."""

import uuid
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from jobs.broker.tickets import list_key, ticket
from jobs.domain.registry import registry
from jobs.domain.states import State
from jobs.exceptions import (
    InvalidArguments,
    InvalidOption,
    TaskNotFound,
    TransitionRefused,
    UnknownTaskType,
)
from jobs.models import Task
from jobs.selectors.relatives import reruns_of
from jobs.selectors.timeline import timeline
from jobs.services.enqueue import enqueue
from jobs.services.rerun import rerun
from tests.support.api import Caller, fields_of, problem_of
from tests.support.plans import plan_of
from tests.support.rows import make_task, reload

pytestmark = pytest.mark.django_db(transaction=True)

RERUNNABLE = sorted(set(State) - {State.STARTED})


def old_task(state: State = State.FAILURE, **options) -> Task:
    task = enqueue(task_type=registry.get("add"), kwargs={"x": 1, "y": 2}, **options)
    Task.objects.filter(pk=task.pk).update(state=state)
    return reload(task)


def events_of(task: Task) -> list[tuple[str, str, str]]:
    return list(task.events.values_list("kind", "actor", "reason"))


@pytest.mark.parametrize("state", RERUNNABLE)
def test_an_ended_or_waiting_task_is_run_again_as_a_new_one(state, redis):
    # given
    old = old_task(state, queue="low", max_retries=7, timeout_seconds=9.0, tags=["a"])
    before = Task.objects.filter(pk=old.pk).values().get()

    # when
    new = rerun(task_id=old.pk, actor="ann", reason="the bank was away")

    # then a new row says the same, and the old one says what it said
    row = reload(new)
    assert (row.state, row.parent, row.submitted_by) == (State.PENDING, old.pk, "ann")
    same = ("name", "queue", "args", "kwargs", "max_retries", "timeout_seconds", "tags")
    assert {name: getattr(row, name) for name in same} == {name: before[name] for name in same}
    assert Task.objects.filter(pk=old.pk).values().get() == before
    assert redis.lindex(list_key("low"), -1) == ticket(str(new.pk)).encode()
    assert reruns_of(old) == [new.pk]


def test_both_tasks_tell_who_ran_it_again_and_why():
    old = old_task()

    new = rerun(task_id=str(old.pk), actor="ann", reason="the bank was away")

    assert events_of(old) == [("rerun", "ann", "the bank was away")]
    assert events_of(new) == [("rerun_of", "ann", "the bank was away")]
    assert "Run again as a new task" in [step.title for step in timeline(old)]
    assert "Made to run another task again" in [step.title for step in timeline(new)]


def test_given_arguments_replace_the_old_ones_as_a_whole():
    old = old_task()

    assert rerun(task_id=old.pk, actor="", kwargs={"x": 5, "y": 6}).pk
    assert reload(Task.objects.newest_first()[0]).kwargs == {"x": 5, "y": 6}
    assert rerun(task_id=old.pk, actor="", args=[7, 8]).pk
    assert reload(Task.objects.newest_first()[0]).kwargs == {"x": 7, "y": 8}


def test_new_arguments_are_checked_and_nothing_is_written():
    old = old_task()

    with pytest.raises(InvalidArguments, match="y"):
        rerun(task_id=old.pk, actor="", kwargs={"x": 1})

    assert Task.objects.count() == 1
    assert events_of(old) == []


def test_options_may_differ_and_moments_are_not_taken_over():
    later = timezone.now() + timedelta(hours=1)
    old = old_task(run_after=later, expires_at=later)

    same = reload(rerun(task_id=old.pk, actor=""))
    other = reload(rerun(task_id=old.pk, actor="", queue="high", max_retries=0, run_after=later))

    assert (same.state, same.expires_at) == (State.PENDING, None)
    assert (other.state, other.queue, other.max_retries) == (State.SCHEDULED, "high", 0)


def test_a_running_task_is_not_run_again_beside_itself():
    old = old_task(State.STARTED)

    with pytest.raises(TransitionRefused, match="is STARTED: it cannot rerun"):
        rerun(task_id=old.pk, actor="")


def test_a_task_that_nobody_knows_cannot_be_run_again():
    with pytest.raises(TaskNotFound):
        rerun(task_id=uuid.uuid4(), actor="")
    with pytest.raises(TaskNotFound):
        rerun(task_id="no id", actor="")
    with pytest.raises(UnknownTaskType):
        rerun(task_id=make_task(name="gone", state=State.FAILURE).pk, actor="")


def test_the_api_runs_a_task_again_and_shows_both(api):
    # given
    old = old_task()

    # when
    body = {"payload": {"x": 5, "y": 6}, "priority": "low", "reason": "again"}
    response = api.post(f"tasks/{old.pk}/rerun", body)

    # then
    assert response.status_code == 202
    answer = response.json()
    assert (answer["status"], answer["priority"]) == ("PENDING", "low")
    new = api.get(f"tasks/{answer['task_id']}").json()
    assert (new["parent"], new["kwargs"], new["reruns"]) == (str(old.pk), {"x": 5, "y": 6}, [])
    assert api.get(f"tasks/{old.pk}").json()["reruns"] == [answer["task_id"]]


def test_without_a_body_everything_stays_the_same(api):
    old = old_task()

    task_id = api.post(f"tasks/{old.pk}/rerun").json()["task_id"]

    assert Task.objects.get(pk=task_id).kwargs == {"x": 1, "y": 2}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"task_type": "process"}, "task_type"),
        ({"payload": {"x": 1}}, "payload.y"),
        ({"payload": {"x": 1, "y": 1}, "kwargs": {}}, "payload"),
        ({"max_retries": -1}, "max_retries"),
        ({"queue": "urgent"}, "queue"),
        ({"reason": "a\0b"}, "reason"),
    ],
)
def test_what_is_wrong_with_a_rerun_is_named(api, body, field):
    old = old_task()

    response = api.post(f"tasks/{old.pk}/rerun", body)

    assert response.status_code == 400
    assert fields_of(response.json()) == [field]
    assert Task.objects.count() == 1


def test_the_api_says_why_a_task_cannot_be_run_again(api):
    running, unknown = old_task(State.STARTED), make_task(name="gone", state=State.FAILURE)

    problem = problem_of(api.post(f"tasks/{running.pk}/rerun"), 409, "transition_refused")
    assert problem["state"] == "STARTED"
    problem_of(api.post(f"tasks/{unknown.pk}/rerun"), 400, "unknown_task_type")
    problem_of(api.post(f"tasks/{uuid.uuid4()}/rerun"), 404, "task_not_found")


@pytest.mark.parametrize(
    ("verbs", "status"),
    [
        ([], 403),
        (["requeue_task"], 403),
        (["submit_task"], 403),
        (["requeue_task", "submit_task"], 202),
    ],
)
def test_a_rerun_asks_for_both_permissions(verbs, status):
    old = old_task()
    user = User.objects.create_user("ann")
    user.user_permissions.set(Permission.objects.filter(codename__in=verbs))
    client = Client()
    client.force_login(user)

    assert Caller(client).post(f"tasks/{old.pk}/rerun").status_code == status


def test_the_pages_of_both_tasks_link_each_other(root):
    old = old_task(tags=["nightly"])
    new = rerun(task_id=old.pk, actor="ann")

    for address, other in ((old.pk, new.pk), (new.pk, old.pk)):
        page = root.get(f"/tasks/{address}/").content.decode()
        assert f'href="/tasks/{other}/"' in page
        assert "nightly" in page
        page = root.get(f"/admin/jobs/task/{address}/change/").content.decode()
        assert f'href="/admin/jobs/task/{other}/change/"' in page
        assert "nightly" in page


def test_the_reruns_of_a_task_are_found_by_their_index():
    old = old_task()

    assert "task_parent" in plan_of(partial(reruns_of, old))


def test_a_secret_that_comes_back_hidden_is_the_old_one():
    # given a task that carries a secret
    secret = {"data": {"password": "hunter2", "to": "ann"}}
    old = enqueue(task_type=registry.get("process"), kwargs=secret)

    # when it is run again with the arguments that somebody was shown, one of them changed
    new = rerun(
        task_id=old.pk, actor="ann", kwargs={"data": {"password": "[redacted]", "to": "bob"}}
    )

    # then the new task has the secret
    assert reload(new).kwargs == {"data": {"password": "hunter2", "to": "bob"}}


def test_a_hidden_value_of_which_the_task_has_none_is_refused():
    old = enqueue(task_type=registry.get("process"), kwargs={"data": {"to": "ann"}})

    with pytest.raises(InvalidOption, match="kwargs is '\\[redacted\\]': it must be without"):
        rerun(task_id=old.pk, actor="ann", kwargs={"data": {"password": "[redacted]"}})
    assert reruns_of(old) == []

"""What may be said of dependencies, and how each door says it."""

import uuid

import pytest
from django.db import transaction

from jobs.broker.tickets import list_key
from jobs.domain.registry import registry
from jobs.domain.states import State
from jobs.exceptions import InvalidOption
from jobs.models import Dependency, Task
from jobs.selectors.explain import MOST_AWAITED, explain
from jobs.services.dependencies import standing
from jobs.services.enqueue import enqueue
from jobs.services.rerun import rerun
from jobs.services.unblock import unblock
from tests.support.api import fields_of, problem_of
from tests.support.dependants import add_after, ended
from tests.support.rows import make_task, reload

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(
    "ids",
    ["no list", ["no id"], [7], [None], [uuid.UUID(int=0)] * 101],
    ids=["text", "word", "number", "null", "too many"],
)
def test_what_are_no_ids_is_refused(ids):
    with pytest.raises(InvalidOption, match=r"depends_on is .* a list of up to 100 ids of tasks"):
        enqueue(task_type=registry.get("add"), kwargs={"x": 1, "y": 2}, depends_on=ids)

    assert not Task.objects.exists()


def test_an_id_that_no_task_has_is_refused():
    missing = str(uuid.uuid4())

    with pytest.raises(InvalidOption, match=rf"depends_on is '{missing}'.* a task that exists"):
        enqueue(task_type=registry.get("add"), kwargs={"x": 1, "y": 2}, depends_on=[missing])

    assert not Task.objects.exists()


def test_an_id_given_twice_counts_once():
    other = add_after()

    task = add_after(other, other)

    assert task.dependencies.count() == 1


def test_a_copy_of_the_type_carries_what_it_depends_on():
    first = registry.get("add").enqueue(1, 2)

    second = registry.get("add").using(depends_on=[first.id]).enqueue(3, 4)

    assert Task.objects.get(pk=second.id).state == State.BLOCKED


def test_a_rerun_may_wait_for_others():
    other, old = add_after(), make_task(state=State.FAILURE, kwargs={"x": 1, "y": 2})

    assert rerun(task_id=old.pk, actor="ann", depends_on=[other.pk]).state == State.BLOCKED


def test_a_submit_that_is_undone_leaves_no_trace():
    other = add_after()

    with transaction.atomic():
        add_after(other)
        transaction.set_rollback(True)

    assert not Dependency.objects.exists()
    assert reload(other).awaited is None


def test_the_api_submits_shows_and_explains_a_blocked_task(api):
    # given
    first = api.post("tasks", {"name": "add", "args": [1, 2]}).json()["task_id"]

    # when
    body = {"name": "add", "args": [3, 4], "depends_on": [first]}
    answer = api.post("tasks", body).json()

    # then
    assert answer["status"] == "BLOCKED"
    assert answer["message"] == (
        "Task 'add' waits for the tasks it depends on, and then on 'default' queue."
    )
    shown = api.get(f"tasks/{answer['task_id']}").json()
    assert (shown["status"], shown["depends_on"]) == ("BLOCKED", [first])
    (reason,) = api.get(f"tasks/{answer['task_id']}/explain").json()
    assert reason == {
        "code": "blocked",
        "message": f"It waits for task {first} (add), which is PENDING.",
        "links": [{"rel": "task", "href": f"/api/tasks/{first}"}],
    }


@pytest.mark.parametrize("ids", ["text", ["no id"], [str(uuid.uuid4())], [7], ["x"] * 101])
def test_the_api_names_bad_dependencies(api, ids):
    response = api.post("tasks", {"name": "add", "args": [1, 2], "depends_on": ids})

    assert response.status_code == 400
    assert {field.partition(".")[0] for field in fields_of(response.json())} == {"depends_on"}
    assert not Task.objects.exists()


def test_the_api_says_which_task_forbids_a_requeue(api):
    other = make_task(state=State.FAILURE)
    task = add_after(other)

    problem = problem_of(api.post(f"tasks/{task.pk}/requeue"), 409, "dependency_failed")

    assert str(other.pk) in problem["detail"]
    assert problem["state"] == "FAILURE"


def test_a_bulk_may_depend_on_tasks_that_exist(api, redis):
    # given
    waiting, done = add_after(), make_task(state=State.SUCCESS)
    redis.flushdb()
    body = {"name": "add", "args": [1, 2]}

    # when
    bodies = [
        body | {"depends_on": [str(waiting.pk)]},
        body | {"depends_on": [str(done.pk)]},
        body,
        body | {"depends_on": [str(waiting.pk), str(done.pk)], "unique_key": "k", "tags": ["a"]},
    ]
    ids = api.post("tasks/bulk", {"tasks": bodies}).json()["task_ids"]

    # then
    states = standing(ids)
    expected = [State.BLOCKED, State.PENDING, State.PENDING, State.BLOCKED]
    assert [states[task_id] for task_id in ids] == expected
    assert redis.llen(list_key("default")) == 2
    unblock(ended(waiting))
    assert set(standing(ids).values()) == {State.PENDING}


def test_a_bulk_names_each_task_with_a_bad_dependency(api):
    body = {"name": "add", "args": [1, 2]}
    bodies = [body, body | {"depends_on": [str(uuid.uuid4())]}, body | {"depends_on": ["x"]}]

    response = api.post("tasks/bulk", {"tasks": bodies})

    problem = problem_of(response, 400, "invalid_input")
    assert sorted(error["index"] for error in problem["errors"]) == [1, 2]
    assert sorted(fields_of(problem)) == ["tasks.1.depends_on", "tasks.2.depends_on"]
    assert not Task.objects.exists()


def test_an_explanation_names_ten_and_counts_the_rest():
    others = [add_after() for _ in range(MOST_AWAITED + 3)]
    task = add_after(*others)

    reasons = explain(reload(task))

    assert len(reasons) == MOST_AWAITED + 1
    assert reasons[0].about == (("task", str(others[0].pk)),)
    assert reasons[-1].message == "It waits for 3 further tasks."


def test_pages_link_what_a_task_waits_for(root):
    other = add_after()
    task = add_after(other)

    page = root.get(f"/tasks/{task.pk}/").content.decode()
    assert f'href="/tasks/{other.pk}/"' in page
    page = root.get(f"/admin/jobs/task/{task.pk}/change/").content.decode()
    assert f'href="/admin/jobs/task/{other.pk}/change/"' in page
    assert f"It waits for task {other.pk} (add), which is PENDING." in page

"""How each door says that an open task has the key already."""

from functools import partial

import pytest
from django.test import Client

from jobs.broker.tickets import list_key
from jobs.domain.registry import registry
from jobs.domain.states import State
from jobs.exceptions import InvalidOption
from jobs.models import Task
from jobs.services.cancel import cancel
from jobs.services.enqueue import enqueue_many, enqueue_or_find
from tests.support.api import Caller, fields_of, problem_of
from tests.support.at_once import at_once
from tests.support.rows import reload

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 10
KEYED = {"name": "add", "args": [1, 2], "unique_key": "k"}


def add(**options):
    given = {"kwargs": {"x": 1, "y": 2}, "unique_key": "k"} | options
    return enqueue_or_find(task_type=registry.get("add"), **given)


def test_the_api_says_that_the_task_was_there(api):
    first = api.post("tasks", KEYED)
    again = api.post("tasks", KEYED | {"args": [3, 4]})

    assert (first.status_code, again.status_code) == (202, 202)
    assert "existing" not in first.json()
    assert again.json() == first.json() | {
        "existing": True,
        "message": (
            "Task 'add' with this unique_key is there already: it is PENDING on 'default' queue."
        ),
    }
    assert api.get(f"tasks/{first.json()['task_id']}").json()["unique_key"] == "k"


def test_the_api_refuses_to_requeue_beside_the_holder_of_the_key(api):
    old = api.post("tasks", KEYED).json()["task_id"]
    api.delete(f"tasks/{old}")
    new = api.post("tasks", KEYED).json()["task_id"]

    problem = problem_of(api.post(f"tasks/{old}/requeue"), 409, "unique_key_taken")

    assert problem["state"] == "REVOKED"
    assert new in problem["detail"]


@pytest.mark.parametrize("key", ["", "k" * 201, " k", "a\nb", 7])
def test_the_api_names_a_bad_key(api, key):
    response = api.post("tasks", KEYED | {"unique_key": key})

    assert response.status_code == 400
    assert fields_of(response.json()) == ["unique_key"]


def test_duplicates_in_one_bulk_stand_in_for_each_other(api, redis):
    # given an open task
    held = api.post("tasks", KEYED).json()["task_id"]
    redis.flushdb()

    # when a bulk names its key, another key three times, and none
    bodies = [
        KEYED,
        KEYED | {"unique_key": "new", "args": [1, 1]},
        KEYED | {"unique_key": "new", "args": [2, 2]},
        {"name": "add", "args": [3, 3]},
        KEYED | {"unique_key": "new"},
        {"name": "process", "data": 1, "unique_key": "k"},
    ]
    response = api.post("tasks/bulk", {"tasks": bodies})

    # then the first of each key was written, and the ids stand in the order asked
    assert response.status_code == 202
    answer = response.json()
    ids = answer["task_ids"]
    assert (answer["count"], answer["existing"]) == (6, 3)
    assert ids[0] == held
    assert ids[1] == ids[2] == ids[4]
    assert len(set(ids)) == 4
    assert Task.objects.get(pk=ids[1]).kwargs == {"x": 1, "y": 1}
    assert Task.objects.count() == 4
    assert redis.llen(list_key("default")) == 3


def test_bulks_at_once_with_the_same_keys_in_other_orders_write_each_once():
    def submit(order: list[int]) -> list[str]:
        bodies = [KEYED | {"unique_key": str(n)} for n in order]
        return Caller(Client()).post("tasks/bulk", {"tasks": bodies}).json()["task_ids"]

    orders = [list(range(200)), list(range(199, -1, -1)), list(range(200))]
    up, down, again = at_once(*(partial(submit, order) for order in orders))

    assert up == down[::-1] == again
    assert Task.objects.count() == 200


def test_the_calls_of_enqueue_many_may_not_share_a_key():
    with pytest.raises(InvalidOption, match="unique_key is 'k': it must be left out here"):
        enqueue_many(task_type=registry.get("add"), calls=[([1, 2], {})], unique_key="k")
    with pytest.raises(InvalidOption, match="unique_key"):
        registry.get("add").using(unique_key="k").enqueue_many([([1, 2], {})])

    assert not Task.objects.exists()


def test_the_operators_page_says_why_a_requeue_was_refused(root):
    old, _ = add()
    cancel(task_id=old.pk, actor="ann")
    new, _ = add()

    page = root.post(f"/admin/jobs/task/{old.pk}/do/requeue/", follow=True).content.decode()

    assert f"as task {new.pk} is open with the same unique_key" in page
    assert reload(old).state == State.REVOKED

"""Words by which tasks are found."""

from functools import partial

import pytest
from django.db import connection

from jobs.domain.registry import registry
from jobs.domain.states import State
from jobs.exceptions import InvalidOption
from jobs.models import Task, TaskTag
from jobs.selectors.pages import TaskFilter, page
from jobs.services.enqueue import enqueue, enqueue_many
from tests.support.api import fields_of, problem_of
from tests.support.plans import plan_of
from tests.support.rows import reload

pytestmark = pytest.mark.django_db(transaction=True)

ARGUMENTS = {"x": 1, "y": 2}


def add():
    return registry.get("add")


def tagged(*tags: str) -> Task:
    return enqueue(task_type=add(), kwargs=ARGUMENTS, tags=tags)


def ids_of(response) -> list[str]:
    return [task["task_id"] for task in response.json()["tasks"]]


def test_tags_are_kept_shown_and_listed(api):
    answer = api.post("tasks", {"name": "add", "args": [1, 2], "tags": ["billing", "eu"]}).json()

    task_id = answer["task_id"]
    assert api.get(f"tasks/{task_id}").json()["tags"] == ["billing", "eu"]
    (line,) = api.get("tasks", tag="eu").json()["tasks"]
    assert (line["task_id"], line["tags"]) == (task_id, ["billing", "eu"])
    assert ids_of(api.get("tasks", tag="us")) == []


def test_a_task_without_tags_has_an_empty_list_and_no_row_of_the_index(api):
    task = tagged()

    assert api.get(f"tasks/{task.pk}").json()["tags"] == []
    assert reload(task).tags is None
    assert not TaskTag.objects.exists()


def test_a_copy_of_the_type_carries_its_tags():
    result = add().using(tags=["nightly"]).enqueue(1, 2)
    ids = add().using(tags=("nightly", "bulk")).enqueue_many([([1, 2], {}), ([3, 4], {})])

    assert Task.objects.get(pk=result.id).tags == ["nightly"]
    found = page(TaskFilter(tag="nightly"), limit=10)
    assert [str(task.pk) for task in found.tasks] == [ids[1], ids[0], result.id]
    found = page(TaskFilter(tag="bulk"), limit=10)
    assert [str(task.pk) for task in found.tasks] == ids[::-1]


def test_the_tags_of_a_call_replace_those_of_the_type():
    nightly = add().using(tags=["nightly"])

    assert enqueue(task_type=nightly, kwargs=ARGUMENTS, tags=["now"]).tags == ["now"]
    assert enqueue(task_type=nightly, kwargs=ARGUMENTS, tags=[]).tags is None
    assert enqueue(task_type=nightly, kwargs=ARGUMENTS).tags == ["nightly"]


def test_each_task_of_a_bulk_has_its_own_tags(api):
    bodies = [{"name": "add", "args": [1, n], "tags": [f"order:{n}", "all"]} for n in range(50)]
    bodies.append({"name": "add", "args": [1, 50]})

    ids = api.post("tasks/bulk", {"tasks": bodies}).json()["task_ids"]

    assert ids_of(api.get("tasks", tag="all")) == ids[49::-1]
    assert ids_of(api.get("tasks", tag="order:7")) == [ids[7]]


def test_a_tag_given_twice_counts_once():
    assert tagged("a", "b", "a").tags == ["a", "b"]
    assert TaskTag.objects.count() == 2


def test_tags_keep_whatever_letters_they_hold(api):
    letters = ["back\\slash \\N", "quote\" ' % %s {} ,;", "é 漢字 \U0001f600"]

    task = tagged(*letters)
    (task_id,) = enqueue_many(task_type=add(), calls=[([1, 2], {})], tags=letters)

    assert reload(task).tags == Task.objects.get(pk=task_id).tags == letters
    for letter in letters:
        assert ids_of(api.get("tasks", tag=letter)) == [task_id, str(task.pk)]


@pytest.mark.parametrize(
    "tags",
    [
        "billing",
        [""],
        ["x" * 51],
        [" a"],
        ["a\0"],
        ["a\n"],
        ["\ud800"],
        [7],
        [None],
        [str(number) for number in range(21)],
    ],
)
def test_what_is_no_list_of_short_texts_is_refused(api, tags):
    with pytest.raises(InvalidOption, match=r"tags is .* must be a list of up to 20 texts"):
        enqueue(task_type=add(), kwargs=ARGUMENTS, tags=tags)
    with pytest.raises(InvalidOption, match="tags"):
        add().using(tags=tags)

    assert not Task.objects.exists()


@pytest.mark.parametrize("tags", ["billing", [""], ["x" * 51], [" a"], ["a\n"], ["x"] * 21])
def test_the_api_names_the_bad_tags(api, tags):
    response = api.post("tasks", {"name": "add", "args": [1, 2], "tags": tags})

    problem = problem_of(response, 400, problem_code(response))
    assert all(field.startswith("tags") for field in fields_of(problem))
    assert not Task.objects.exists()


def problem_code(response) -> str:
    """Its own: the form finds some faults, the service others."""
    code: str = response.json()["code"]
    assert code in {"invalid_input", "invalid_option"}
    return code


def test_pages_of_a_tag_follow_each_other_and_keep_their_filters(api):
    # given tasks of two tags and two states
    ids = [str(tagged("a" if n % 2 else "b").pk) for n in range(20)]
    Task.objects.filter(pk__in=ids[:10]).update(state=State.SUCCESS)

    # when the pages of one are read
    seen: list[str] = []
    address: str | None = "tasks?tag=a&status=SUCCESS&limit=2"
    while address:
        response = api.get(address.removeprefix("/api/"))
        seen += ids_of(response)
        address = response.json()["next"]

    # then each of its tasks is there once, newest first
    assert seen == [ids[n] for n in (9, 7, 5, 3, 1)]


def test_a_tag_narrows_together_with_every_other_filter(api):
    task = tagged("a")
    created = task.created_at.isoformat()
    tagged("b")

    queries = [
        {"queue": "default"},
        {"task_type": "add"},
        {"status": "pending"},
        {"status": "PENDING,FAILURE"},
        {"created_after": created},
    ]
    for query in queries:
        assert ids_of(api.get("tasks", tag="a", **query)) == [str(task.pk)], query
    misses = [
        {"queue": "low"},
        {"task_type": "process"},
        {"status": "FAILURE"},
        {"created_before": "2020-01-01T00:00:00Z"},
        {"worker": "w1"},
    ]
    for query in misses:
        assert ids_of(api.get("tasks", tag="a", **query)) == [], query


def test_the_index_of_tags_goes_with_its_tasks():
    tagged("a", "b").delete()

    assert not TaskTag.objects.exists()


@pytest.mark.parametrize("states", [frozenset(), frozenset({State.PENDING, State.FAILURE})])
def test_a_page_of_a_tag_walks_its_index_and_sorts_nothing(states):
    # given some old tasks of one tag, and many of another
    enqueue_many(task_type=add(), calls=[([1, 2], {})] * 300, tags=["a", "c"])
    enqueue_many(task_type=add(), calls=[([1, 2], {})] * 5000, tags=["b"])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")

    # when a page is planned
    wanted = TaskFilter(tag="a", states=states, queue="default")
    plan = plan_of(partial(page, wanted, limit=20))

    # then it comes in order from the tag's own rows
    assert len(page(wanted, limit=20).tasks) == 20
    assert "(tag=?)" in plan or "tag_task on jobs_tasktag" in plan, plan
    assert "TEMP B-TREE" not in plan
    assert "Sort" not in plan

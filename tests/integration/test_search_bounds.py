"""How far one page of a search looks."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import Task, TaskTag

pytestmark = pytest.mark.django_db(transaction=True)

ADMIN = "/admin/jobs/task/"


@pytest.fixture
def hundred_rows(settings):
    settings.JOBS = {**settings.JOBS, "SEARCH_ROWS": 100}


def make_many(count, **columns):
    given = {"name": "add"} | columns
    tasks = Task.objects.bulk_create([Task(**given) for _ in range(count)])
    TaskTag.objects.bulk_create(
        TaskTag(task=task, tag=tag) for task in tasks for tag in task.tags or ()
    )
    return tasks


BOUNDED = {
    # search: (the rows that its best index leaves, the columns of those rows)
    "arg.x:1": (350, {}),
    "state:failed arg.x:1": (250, {"state": "FAILURE"}),
    "task:rare arg.x:1": (150, {"name": "rare"}),
    "task:rare,scarce arg.x:1": (150, {"name": "rare"}),
    "queue:low -worker:w": (150, {"queue": "low"}),
    f"failure:{'f' * 16} arg.x:1": (150, {"failure": "f" * 16, "state": "FAILURE"}),
    "tag:nightly arg.x:1 queue:low": (150, {"tags": ["nightly"]}),
    "task:rare queue:low state:failed,retry error:x": (150, {"name": "rare", "state": "RETRY"}),
}


@pytest.mark.parametrize("search", BOUNDED)
def test_a_page_looks_at_a_bounded_number_of_rows_and_the_next_goes_on(api, hundred_rows, search):
    # given more rows than one page may look at, one of which matches, the oldest
    count, columns = BOUNDED[search]
    given = {"queue": "low", "state": "SUCCESS", "error": "x"} | columns
    (match, *_) = make_many(1, **given | {"kwargs": {"x": 1}})
    make_many(count - 1, **given | {"kwargs": {"x": 2}, "worker": "w", "error": ""})
    make_many(120, queue="high", kwargs={"x": 2}, worker="w")

    # when its pages are read to the end
    pages = [api.get("tasks", search=search).json()]
    while pages[-1]["next"]:
        pages.append(api.client.get(pages[-1]["next"]).json())

    # then every page but the last tells how far it looked, and the match comes once
    assert [page["complete"] for page in pages] == [False] * (len(pages) - 1) + [True]
    assert all(page["searched_back_to"] for page in pages[:-1])
    moments = [page["searched_back_to"] for page in pages[:-1]]
    assert moments == sorted(moments, reverse=True)
    assert [task["task_id"] for page in pages for task in page["tasks"]] == [str(match.pk)]
    passed = count + (120 if not columns else 0)
    assert len(pages) >= passed // 100
    assert len(pages) <= passed // 100 + 2


def test_two_filters_that_no_index_answers_together_are_bounded_too(api, hundred_rows):
    # given many failures and many tasks of a tag, one of them both, the oldest
    (match,) = make_many(1, state="FAILURE", tags=["nightly"])
    make_many(150, state="SUCCESS", tags=["nightly"])
    make_many(120, state="FAILURE")

    # when
    pages = [api.get("tasks", status="FAILURE", tag="nightly").json()]
    while pages[-1]["next"]:
        pages.append(api.client.get(pages[-1]["next"]).json())

    # then
    assert len(pages) > 1
    assert [page["complete"] for page in pages] == [False] * (len(pages) - 1) + [True]
    assert [task["task_id"] for page in pages for task in page["tasks"]] == [str(match.pk)]


def test_a_full_page_is_complete_and_goes_on_after_its_last_task(api, hundred_rows):
    # given
    tasks = make_many(150, queue="low", kwargs={"x": 1})

    # when
    first = api.get("tasks", search="arg.x:1", limit=70).json()
    second = api.client.get(first["next"]).json()
    third = api.client.get(second["next"]).json()

    # then
    assert [page["complete"] for page in (first, second, third)] == [True] * 3
    shown = [task["task_id"] for page in (first, second, third) for task in page["tasks"]]
    assert shown == [str(task.pk) for task in reversed(tasks)]
    assert third["next"] is None


def test_the_admin_tells_how_far_back_it_searched_and_leads_on(root, hundred_rows):
    # given
    (match,) = make_many(1, kwargs={"x": 1})
    make_many(120, kwargs={"x": 2})

    # when
    first = root.get(ADMIN, {"q": "arg.x:1"})
    second = root.get(ADMIN + first.context["cl"].older_url)

    # then
    assert "Search further back" in first.content.decode()
    assert first.context["cl"].result_count == 0
    assert [task.pk for task in second.context["cl"].result_list] == [match.pk]
    assert second.context["cl"].older_url == ""
    assert second.context["cl"].searched_to is None


@pytest.mark.parametrize(
    "search",
    [
        "arg.x:1",
        "state:failed arg.x:1",
        "queue:low -worker:w",
        "task:add,process",
        "task:add queue:low error:x",
        "-queue:high",
        f"failure:{'f' * 16} queue:low",
        "wait>1s run<5s",
        "age>0s error:y",
    ],
)
def test_no_search_counts_or_reads_without_a_bound(api, hundred_rows, search):
    # given
    make_many(300, queue="low", state="FAILURE", kwargs={"x": 2}, failure="f" * 16)

    # when
    with CaptureQueriesContext(connection) as queries:
        assert api.get("tasks", search=search).status_code == 200

    # then every statement over the tasks is limited, and those that examine begin at a floor
    asked = [query["sql"] for query in queries if '"jobs_task"' in query["sql"]]
    assert asked
    assert [sql for sql in asked if " LIMIT " not in sql or "COUNT(" in sql] == []
    examining = [sql for sql in asked if " OFFSET " not in sql]
    assert [sql for sql in examining if '"id" >= ' not in sql] == []

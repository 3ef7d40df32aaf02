"""The tasks list in the admin."""

import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from jobs.domain.task_ids import first_id
from jobs.models import Task
from tests.support.rows import ago, make_task
from tests.support.staff import client_of

pytestmark = pytest.mark.django_db


URL = "/admin/jobs/task/"


def shown(client: Client, **query: str) -> list[uuid.UUID]:
    """The ids that the list shows, in order."""
    response = client.get(URL, query)
    assert response.status_code == 200, response.status_code
    return [task.pk for task in response.context["cl"].result_list]


def make_many(count: int, **columns: Any) -> list[Task]:
    return Task.objects.bulk_create(
        [Task(name="add", queue="low", **columns) for _ in range(count)]
    )


def test_the_newest_task_stands_first(root):
    # given
    older, newer = make_task(), make_task()

    # then
    assert shown(root) == [newer.pk, older.pk]


def test_pages_by_key_show_every_task_once_though_tasks_arrive_meanwhile(root):
    # given more than two pages
    tasks = sorted((task.pk for task in make_many(120)), reverse=True)

    # when a reader walks to the end while others submit
    seen: list[uuid.UUID] = []
    url = URL
    while url:
        listed = root.get(url).context["cl"]
        seen += [task.pk for task in listed.result_list]
        make_many(3)
        url = listed.older_url and URL + listed.older_url

    # then
    assert seen == tasks


def test_newer_leads_back_to_the_page_one_came_from(root):
    # given
    make_many(120)
    first = root.get(URL).context["cl"]
    second = root.get(URL + first.older_url).context["cl"]

    # when
    back = root.get(URL + second.newer_url).context["cl"]

    # then
    assert [task.pk for task in back.result_list] == [task.pk for task in first.result_list]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"state": "FAILURE"}, {"failed", "discarded"}),
        ({"state": "PENDING"}, {"pending"}),
        ({"queue": "high"}, {"pending"}),
        ({"name": "send_email"}, {"failed"}),
        ({"dead": "open"}, {"failed"}),
        ({"dead": "discarded"}, {"discarded"}),
        ({"created": "1h"}, {"pending", "failed", "discarded"}),
        ({"q": "send"}, {"failed"}),
        ({"q": "nothing.like.it"}, set()),
        ({"state": "no such state"}, {"pending", "failed", "discarded", "old"}),
        ({"worker__exact": "w1"}, {"old"}),
    ],
)
def test_each_filter_shows_its_tasks_and_no_other(root, query, wanted):
    # given
    tasks = {
        "pending": make_task(queue="high"),
        "failed": make_task(state="FAILURE", name="send_email"),
        "discarded": make_task(state="FAILURE", discarded_at=timezone.now()),
        "old": make_task(
            pk=uuid.UUID(int=first_id(ago(2 * 3600)).int + 1), state="SUCCESS", worker="w1"
        ),
    }

    # then
    assert set(shown(root, **query)) == {tasks[name].pk for name in wanted}


def test_a_task_is_found_by_its_id_its_ticket_and_the_beginning_of_its_id(root):
    # given
    task, _ = make_task(pk=uuid.UUID("01a1fc64-9d27-757e-a851-92311103ea4a")), make_task()

    # then
    for term in (str(task.pk), f"task-{task.pk}", "01a1fc64-9d27", " 01A1FC64 ", task.pk.hex):
        assert shown(root, q=term) == [task.pk], term


def test_an_unregistered_type_is_found_by_its_whole_name(root):
    # given
    task, _ = make_task(name="shop.tasks.gone"), make_task()

    # then
    assert shown(root, q="shop.tasks.gone") == [task.pk]


@pytest.mark.parametrize(
    "lookup", ["error__icontains", "kwargs__contains", "result__isnull", "submitted_by__startswith"]
)
def test_no_lookup_but_the_filters_own_is_answered(root, lookup):
    assert root.get(URL, {lookup: "x"}).status_code == 400


@pytest.mark.parametrize(
    "name", ["queue", "name", "state", "dead", "created", "worker__exact", "q"]
)
def test_what_no_database_can_hold_is_no_error(root, name):
    assert root.get(URL, {name: "\0"}).status_code in {200, 400}


def test_a_page_costs_the_same_queries_however_many_rows_it_shows(
    root, django_assert_num_queries, django_assert_max_num_queries
):
    # given
    make_many(3, worker="w1", error="ValueError: no", state="FAILURE")
    with django_assert_max_num_queries(13) as few:
        root.get(URL)

    # when
    make_many(200, worker="w2", error="ValueError: no", state="FAILURE")

    # then
    with django_assert_num_queries(len(few)):
        root.get(URL)


def test_no_query_counts_or_reads_more_than_the_cap(root, django_assert_max_num_queries):
    # given
    make_many(60)

    # when
    with django_assert_max_num_queries(13) as queries:
        root.get(URL)

    # then
    listing = [
        query["sql"]
        for query in queries.captured_queries
        if '"jobs_task"' in query["sql"] and "GROUP BY" not in query["sql"]
    ]
    assert listing
    bounded = re.compile(r' LIMIT \d+| IN \(|\bstate"? = ')
    assert [sql for sql in listing if not bounded.search(sql)] == []


def test_more_matches_than_the_cap_are_told_as_more(root, monkeypatch):
    # given
    monkeypatch.setattr("jobs.admin.pages.MOST_COUNTED", 5)
    make_many(7)

    # then
    listed = root.get(URL).context["cl"]
    assert (listed.result_count, listed.is_count_capped) == (6, True)


def test_hostile_text_reaches_the_page_only_as_text(root):
    # given
    make_task(
        name="<script>alert(1)</script>\u202e",
        kwargs={"x": "<img src=x onerror=alert(2)>\u202e"},
        error="</div><script>alert(3)</script>",
        state="FAILURE",
        worker="<b>w</b>",
    )

    # when
    page = root.get(URL).content.decode()

    # then
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "<b>w</b>" not in page
    assert "\u202e" not in page


def test_without_the_permission_no_payload_is_in_the_page():
    # given
    make_task(kwargs={"card": "4111-secret"}, error="secret trouble", state="FAILURE")

    # when
    page = client_of("jobs.view_task").get(URL).content.decode()

    # then
    assert "secret" not in page


def test_with_the_permission_arguments_and_error_are_shown():
    # given
    make_task(kwargs={"card": "4111-secret"}, error="secret trouble", state="FAILURE")

    # when
    page = client_of("jobs.view_task", "jobs.view_payload").get(URL).content.decode()

    # then
    assert "4111-secret" in page
    assert "secret trouble" in page


def test_counts_stand_on_the_tabs_only_while_nothing_narrows_the_list(root):
    # given
    make_many(4)

    # then
    assert 'class="jobs-tab-count">4<' in root.get(URL).content.decode()
    assert 'class="jobs-tab-count">' not in root.get(URL, {"queue": "low"}).content.decode()


def test_the_pages_hold_no_inline_script(root):
    # given
    task = make_task()

    # then
    for url in (URL, f"{URL}{task.pk}/change/", "/admin/", "/admin/jobs/workerlease/"):
        page = root.get(url).content.decode()
        assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", page) == [], url
        assert "style=" not in page, url

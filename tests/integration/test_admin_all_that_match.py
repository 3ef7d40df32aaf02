"""Actions of the admin on all that match: asked about, then done in the background."""

from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.models import Event, Operation
from tests.support.admin_actions import URL, ask, confirm, upto_of
from tests.support.operations import states, worked
from tests.support.rows import make_task
from tests.support.staff import client_of
from tests.support.waiting import wait_for

pytestmark = pytest.mark.django_db


def test_all_matches_are_those_of_the_filters_and_not_younger_than_the_question(root):
    # given
    low = [make_task(queue="low") for _ in range(3)]
    high = make_task(queue="high")
    url = f"{URL}?queue=low"
    page = ask(root, "cancel", low[:1], url=url, select_across="1")
    assert page.context["count"] == 3

    # when another comes before the answer
    asked_at = datetime.fromisoformat(upto_of(page))
    wait_for(lambda: timezone.now() > asked_at)  # an id tells the millisecond
    late = make_task(queue="low")
    answer = confirm(root, "cancel", low[:1], url=url, select_across="1", upto=upto_of(page))

    # then an operation does it in the background, to those that the question was about
    operation = Operation.objects.get()
    assert answer.url == f"/admin/jobs/operation/{operation.pk}/change/"
    assert (operation.action, operation.actor) == ("cancel", "root")
    assert states([*low, high, late]) == ["PENDING"] * 5
    assert worked(operation).done_count == 3
    assert states([*low, high, late]) == ["REVOKED"] * 3 + ["PENDING"] * 2


def test_all_matches_of_a_search_are_those_that_it_means_when_they_are_visited(root):
    # given tasks of which a search finds some
    found = [make_task(kwargs={"order": 7}) for _ in range(2)]
    others = [make_task(kwargs={"order": 8}), make_task(kwargs={"order": 7}, state="STARTED")]
    url = f"{URL}?q=arg.order:7+-state:started"

    # when all of them are cancelled
    page = ask(root, "cancel", found[:1], url=url, select_across="1")
    assert (page.context["count"], page.context["done_count"]) == (2, 2)
    confirm(root, "cancel", found[:1], url=url, select_across="1", upto=upto_of(page))

    # then the search is kept as it was spelled, and nothing else is touched
    operation = Operation.objects.get()
    assert operation.filter["search"] == "arg.order:7 -state:started"
    assert worked(operation).done_count == 2
    assert states([*found, *others]) == ["REVOKED", "REVOKED", "PENDING", "STARTED"]
    assert Event.objects.count() == 2


def test_all_matches_of_a_search_that_is_none_are_no_tasks():
    # given somebody who may not search for payloads
    client = client_of("jobs.view_task", "jobs.cancel_task")
    task = make_task(kwargs={"order": 7})

    for search in ("arg.order:7", "nofield:7"):
        # when
        url = f"{URL}?q={search}"
        for post in (ask, confirm):
            answer = post(client, "cancel", [task], url=url, select_across="1")

            # then
            assert answer.status_code == 302
    assert not Operation.objects.exists()
    assert states([task]) == ["PENDING"]


def test_all_dead_letters_are_not_the_discarded_ones(root):
    # given
    dead = make_task(state="FAILURE")
    gone = make_task(state="FAILURE", discarded_at=timezone.now())
    url = f"{URL}?dead=open"

    # when
    page = ask(root, "requeue", [dead], url=url, select_across="1")
    confirm(root, "requeue", [dead], url=url, select_across="1", upto=upto_of(page))

    # then
    assert page.context["count"] == 1
    assert worked(Operation.objects.get()).done_count == 1
    assert states([dead, gone]) == ["PENDING", "FAILURE"]


def test_a_question_about_more_than_it_counts_says_so_and_means_all(root, monkeypatch):
    # given
    monkeypatch.setattr("jobs.admin.actions.MOST_COUNTED", 2)
    tasks = [make_task() for _ in range(3)]

    # when
    page = ask(root, "cancel", tasks[:1], select_across="1")
    confirm(root, "cancel", tasks[:1], select_across="1", upto=upto_of(page))

    # then
    assert (page.context["is_all"], page.context["count"]) == (False, 2)
    assert "more than 2" in page.content.decode()
    assert worked(Operation.objects.get()).total_count == 3
    assert states(tasks) == ["REVOKED"] * 3


def test_more_ticked_rows_than_a_page_has_are_done_in_the_background(root, monkeypatch):
    # given
    monkeypatch.setattr("jobs.admin.actions.MOST_AT_ONCE", 2)
    tasks, other = [make_task() for _ in range(3)], make_task()

    # when
    confirm(root, "cancel", tasks)

    # then
    assert states([*tasks, other]) == ["PENDING"] * 4
    assert worked(Operation.objects.get()).done_count == 3
    assert states([*tasks, other]) == ["REVOKED"] * 3 + ["PENDING"]


def test_a_question_costs_as_many_queries_for_many_tasks_as_for_few(
    root, django_assert_max_num_queries
):
    # given
    few = [make_task() for _ in range(2)]
    with CaptureQueriesContext(connection) as queries:
        ask(root, "cancel", few, select_across="1")
    for _ in range(30):
        make_task()

    # then
    with django_assert_max_num_queries(min(12, len(queries))):
        ask(root, "cancel", few, select_across="1")

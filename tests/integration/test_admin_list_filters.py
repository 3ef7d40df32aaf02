"""What the tasks list is narrowed by beside its states, and what its rows link to."""

import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from jobs.admin.search_help import HELP
from jobs.domain.query import FIELDS
from jobs.domain.task_ids import first_id
from jobs.models import Task, TaskTag
from tests.support.rows import ago, make_task, reload
from tests.support.staff import client_of

pytestmark = pytest.mark.django_db

URL = "/admin/jobs/task/"


def page_of(client: Client, **query: str) -> str:
    response = client.get(URL, query)
    assert response.status_code == 200
    return response.content.decode()


def shown(client: Client, **query: str) -> list[str]:
    return re.findall(r'<code class="jobs-id jobs-second">([^<]+)<', page_of(client, **query))


def tagged(*tags: str) -> Task:
    task = make_task(tags=list(tags))
    TaskTag.objects.bulk_create(TaskTag(task=task, tag=tag) for tag in tags)
    return task


def test_a_tag_narrows_the_list_and_stands_in_the_row_as_a_link(root):
    # given
    task, _ = tagged("billing", "eu", "nightly", "vip"), tagged("us")

    # then
    assert shown(root, tag="billing") == [str(task.pk)]
    page = page_of(root, tag="billing")
    assert 'href="/admin/jobs/task/?tag=nightly"' in page
    assert "+1</span>" in page
    assert "?tag=vip" not in page


def test_a_tag_goes_together_with_other_filters(root):
    # given
    task = tagged("billing")
    Task.objects.filter(pk=tagged("billing").pk).update(state="FAILURE")

    # then
    assert shown(root, tag="billing", state="PENDING") == [str(task.pk)]
    assert shown(root, tag="billing", queue="high") == []


def test_a_worker_is_asked_for_by_its_name(root):
    task, _ = make_task(state="SUCCESS", worker="w1"), make_task(state="SUCCESS", worker="w2")
    assert shown(root, worker__exact="w1") == [str(task.pk)]


def test_two_moments_bound_the_time_of_creation(root):
    # given
    old, middle, new = (
        make_task(pk=first_id(ago(seconds)), created_at=ago(seconds))
        for seconds in (3 * 3600, 2 * 3600, 60)
    )
    bounds = {"from": ago(2.5 * 3600).isoformat(), "until": ago(3600).isoformat()}

    # then
    assert shown(root, **bounds) == [str(middle.pk)]
    assert shown(root, **{"from": bounds["until"]}) == [str(new.pk)]
    assert shown(root, until=bounds["from"]) == [str(old.pk)]


def test_a_moment_without_a_zone_is_one_of_the_sites(root, settings):
    # given an evening in UTC
    settings.TIME_ZONE = "Asia/Tokyo"
    task = make_task(pk=first_id(datetime(2026, 1, 11, 20, 46, tzinfo=UTC)))

    # then in Tokyo it was the next morning
    assert shown(root, **{"from": "2026-01-12T05:00", "until": "2026-01-12T06:00"}) == [
        str(task.pk)
    ]
    assert 'value="2026-01-12T05:00"' in page_of(root, **{"from": "2026-01-12T05:00"})


@pytest.mark.parametrize("given", ["yesterday", "0001-01-01", "9999-12-31T23:59Z", "<b>", "25:00"])
def test_what_is_no_moment_is_said_and_nothing_is_listed(root, given):
    # given
    make_task()

    # then
    page = page_of(root, **{"from": given})
    assert "it must be a date and time, as in 2026-01-31 12:00" in page
    assert "Nothing was searched." in page
    assert "jobs-id jobs-second" not in page
    assert "<b>" not in page


@pytest.mark.parametrize("bound", ["from", "until"])
def test_an_action_on_all_matches_of_an_unreadable_moment_is_one_on_none(root, bound):
    # given
    task = make_task()

    # when
    form = {"action": "cancel_selected", "select_across": "1", "index": "0"}
    page = root.post(f"{URL}?{bound}=yesterday", form | {"_selected_action": str(task.pk)})

    # then
    assert page.context is None or not page.context.get("done_count")
    assert reload(task).state == "PENDING"


def test_each_field_of_the_search_is_explained(root):
    assert list(HELP) == list(FIELDS)
    page = page_of(root)
    for words in HELP.values():
        assert str(words) in page


def test_every_tab_but_success_tells_how_many_there_are(root):
    # given
    for state, count in {"FAILURE": 2, "REVOKED": 1, "SUCCESS": 3}.items():
        for _ in range(count):
            make_task(state=state)

    # then
    tabs = dict(
        re.findall(
            r"<li><a[^>]*>(?:<svg.*?</svg>)?(\w+)(?: <span[^>]*>([\d,+]+)</span>)?</a>",
            page_of(root),
        )
    )
    assert tabs["All"] == "6"
    assert (tabs["Failure"], tabs["Revoked"], tabs["Success"]) == ("2", "1", "")


def test_a_tab_counts_to_the_cap(root, monkeypatch):
    # given
    monkeypatch.setattr("jobs.admin.pages.MOST_COUNTED", 3)
    monkeypatch.setattr("jobs.templatetags.jobs_admin.MOST_COUNTED", 3)
    for _ in range(5):
        make_task(state="FAILURE")

    # then
    assert '<span class="jobs-tab-count">3+</span>' in page_of(root)


LINKS = {"order_id": "/orders/{}/?tab=1", "user": "auth.user", "shop": "no.such"}


@pytest.mark.parametrize("where", ["list", "page"])
def test_arguments_lead_to_the_objects_that_the_settings_name(root, jobs, where):
    # given
    jobs(object_links=LINKS)
    task = make_task(kwargs={"order_id": "a/b?c", "user": 7, "shop": "x", "other": 1})

    # then
    page = (
        page_of(root) if where == "list" else root.get(f"{URL}{task.pk}/change/").content.decode()
    )
    links = re.findall(r'<a class="jobs-object" href="([^"]+)"><bdi>(.*?)</bdi>', page)
    assert links == [
        ("/orders/a%2Fb%3Fc/?tab=1", "order_id a/b?c"),
        ("/admin/auth/user/7/change/", "user 7"),
    ]


@pytest.mark.parametrize("value", [None, True, "", {"id": 1}, [1], "x" * 101, "token=hunter2"])
def test_what_names_no_object_has_no_link(root, jobs, value):
    # given
    jobs(object_links=LINKS)
    task = make_task(kwargs={"order_id": value})

    # then
    for page in (page_of(root), root.get(f"{URL}{task.pk}/change/").content.decode()):
        assert "jobs-object" not in page


def test_a_secret_is_no_link(root, jobs):
    jobs(object_links={"api_key": "/keys/{}"})
    make_task(kwargs={"api_key": "hunter2"})
    assert "hunter2" not in page_of(root)


def test_objects_are_not_told_to_who_may_not_see_payloads(jobs):
    # given
    jobs(object_links=LINKS)
    task = make_task(kwargs={"order_id": "4711-secret"})
    client = client_of("jobs.view_task")

    # then
    for page in (page_of(client), client.get(f"{URL}{task.pk}/change/").content.decode()):
        assert "4711-secret" not in page


def test_the_list_costs_twelve_queries_at_most(django_assert_max_num_queries):
    client = client_of("jobs.view_task", "jobs.view_payload")
    make_task()
    with django_assert_max_num_queries(12):
        page_of(client)

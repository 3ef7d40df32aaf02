"""The admin's first page, and the badge that every page has."""

import pytest
from django.test import Client

from jobs.models import WorkerLease
from jobs.services.pause import pause
from jobs.templatetags import jobs_admin
from tests.support.rows import ago, make_task
from tests.support.staff import client_of

pytestmark = pytest.mark.django_db

INDEX = "/admin/"


def serve_all() -> None:
    WorkerLease.objects.create(name="w1", host="h", pid=1, queues=["high", "default", "low"])


def test_the_index_says_that_all_is_well(root):
    serve_all()

    page = root.get(INDEX).content.decode()

    assert ">Healthy<" in page
    assert ">Degraded<" not in page


def test_the_index_says_what_is_wrong(root):
    serve_all()
    make_task(queue="high", run_after=ago(4000))
    pause(queue="low", actor="ann", reason="<b>burns</b>")
    WorkerLease.objects.create(name="w2", host="h", pid=1, renewed_at=ago(3600))

    page = root.get(INDEX).content.decode()

    assert ">Degraded<" in page
    for words in (
        "The low queue is paused by ann: &lt;b&gt;burns&lt;/b&gt;",
        "The high queue falls behind: tasks wait for over an hour.",
        "No heartbeat from w2",
    ):
        assert words in page


def test_the_index_leads_to_every_page_that_one_may_see(root):
    pages = ("task", "failure", "queuepause", "workerlease", "tasktypes", "operation", "system")

    nav = root.get(INDEX).content.decode().partition('class="jobs-pages"')[2].partition("</nav>")[0]
    places = [nav.index(f'href="/admin/jobs/{page}/"') for page in pages]
    assert places == sorted(places)
    assert "/admin/django_rq/" in nav
    viewer = client_of("jobs.view_task").get(INDEX).content.decode()
    nav = viewer.partition('class="jobs-pages"')[2].partition("</nav>")[0]
    assert "/admin/jobs/tasktypes/" in nav
    assert "/admin/jobs/workerlease/" not in nav


def test_so_many_failed_tasks_are_told_as_more(root, monkeypatch):
    monkeypatch.setattr(jobs_admin, "MOST_FAILED", 2)
    for _ in range(2):
        make_task(state="FAILURE")
    assert 'data-count="failed">2<' in root.get(INDEX).content.decode()

    make_task(state="FAILURE")

    assert 'data-count="failed">2+<' in root.get(INDEX).content.decode()


def test_who_may_see_nothing_is_told_nothing():
    page = client_of(name="eve").get(INDEX).content.decode()

    for part in ("jobs-health", "jobs-strip", "jobs-pages"):
        assert f'class="{part}"' not in page


@pytest.mark.parametrize(
    ("name", "look"),
    [
        ("production", "production"),
        ("Staging", "staging"),
        ("development", "development"),
        ("<i>load test</i>", "other"),
    ],
)
def test_every_page_of_the_admin_says_what_the_site_is(root, settings, name, look):
    settings.JOBS = settings.JOBS | {"ENVIRONMENT": name}
    shown = name.replace("<", "&lt;").replace(">", "&gt;")

    pages = (INDEX, "/admin/jobs/task/", "/admin/jobs/system/", "/admin/auth/user/")
    for client, url in [*((root, url) for url in pages), (Client(), "/admin/login/")]:
        page = client.get(url).content.decode()
        assert f"jobs-environment-{look}" in page, url
        assert f"<bdi>{shown}</bdi>" in page, url


def test_a_site_without_a_name_has_no_badge(root, settings):
    settings.JOBS = settings.JOBS | {"ENVIRONMENT": ""}

    assert 'class="jobs-environment' not in root.get(INDEX).content.decode()


def test_the_index_costs_at_most_twelve_queries(django_assert_max_num_queries):
    client = client_of("jobs.view_task", "jobs.view_workerlease")
    serve_all()
    make_task()

    with django_assert_max_num_queries(12):
        client.get(INDEX)

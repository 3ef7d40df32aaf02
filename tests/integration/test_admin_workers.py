"""Workers and counts in the admin."""

import re

import pytest
from django.contrib.admin.utils import quote
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.domain.histogram import bucket_of
from jobs.models import Rollup, WorkerLease
from tests.support.rows import ago, make_task
from tests.support.staff import client_of

pytestmark = pytest.mark.django_db


URL = "/admin/jobs/workerlease/"


def make_lease(name: str, **columns: object) -> WorkerLease:
    given: dict[str, object] = {"host": "h1", "pid": 4711, "queues": ["high", "low"]}
    return WorkerLease.objects.create(name=name, **(given | columns))


def test_the_list_tells_who_is_idle_busy_and_lost(root):
    # given
    make_lease("idle")
    make_lease("busy")
    make_lease("lost", renewed_at=ago(3600))
    make_task(state="STARTED", worker="busy", started_at=ago(3))

    # then
    page = root.get(URL).content.decode()
    for state in ("idle", "busy", "lost"):
        assert page.count(f"jobs-badge jobs-{state}") == 1


def test_a_workers_page_lists_the_tasks_it_holds(root):
    # given
    make_lease("w1")
    held = make_task(state="STARTED", worker="w1", started_at=ago(3))
    other = make_task(state="STARTED", worker="w2", started_at=ago(3))

    # then
    page = root.get(f"{URL}w1/change/").content.decode()
    assert str(held.pk) in page
    assert str(other.pk) not in page


def test_the_list_costs_the_same_however_many_workers(root, django_assert_num_queries):
    # given
    make_lease("w0")
    with CaptureQueriesContext(connection) as queries:
        root.get(URL)
    for number in range(1, 40):
        make_lease(f"w{number}")
        make_task(state="STARTED", worker=f"w{number}", started_at=ago(1))

    # then
    with django_assert_num_queries(len(queries)):
        root.get(URL)


def test_hostile_names_are_text(root):
    # given
    name = "<script>alert(1)</script>\u202e"
    make_lease(name, host=name, queues=[name])

    # then
    for url in (URL, f"{URL}{quote(name)}/change/"):
        response = root.get(url)
        assert response.status_code == 200
        assert "<script>alert" not in response.content.decode()
        assert "\u202e" not in response.content.decode()


def test_a_worker_that_is_gone_leads_back_with_a_message(root):
    assert root.get(f"{URL}gone/change/").status_code == 302
    assert root.get(f"{URL}%00/change/").status_code == 302


def test_nobody_changes_leases_by_hand(root):
    # given
    make_lease("w1")

    # then
    assert root.get(f"{URL}add/").status_code == 403
    assert root.post(f"{URL}w1/change/", {"name": "x"}).status_code == 403
    assert root.post(f"{URL}w1/delete/", {"post": "yes"}).status_code == 403


def test_only_those_who_may_see_workers_see_them():
    # given
    make_lease("w1")
    client = client_of("jobs.view_task")

    # then
    assert client.get(URL).status_code == 403
    assert client.get(f"{URL}w1/change/").status_code == 403


def test_counts_per_minute_tell_percentiles_and_leave_out_what_is_older_than_a_day(root):
    # given
    waits, runs = [0] * (bucket_of(2.0) + 1), [0] * (bucket_of(8.0) + 1)
    waits[bucket_of(0.5)], waits[bucket_of(2.0)] = 90, 10
    runs[bucket_of(0.02)], runs[bucket_of(8.0)] = 90, 10
    Rollup.objects.create(
        at=timezone.now(),
        queue="high",
        name="add",
        succeeded=100,
        wait_histogram=waits,
        run_histogram=runs,
    )
    Rollup.objects.create(at=ago(2 * 86400), queue="high", name="old.type", succeeded=1)

    # then
    page = root.get("/admin/jobs/rollup/").content.decode()
    cells = re.findall(r'class="field-(?:median|most)_\w+">([^<]+)<', page)
    assert cells == ["506 ms", "1.9 s", "20 ms", "8.0 s"]
    assert "old.type" not in page

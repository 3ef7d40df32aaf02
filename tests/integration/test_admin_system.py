"""The page of the system: findings, Redis, leader, counters, tables, releases, settings."""

import re

import pytest
from django.db import connection

from jobs.broker import leader
from jobs.broker.counters import count, counters
from jobs.maintenance.loop import Maintenance
from jobs.models import WorkerLease
from jobs.selectors.system import system_facts
from jobs.services.pause import pause
from jobs.store.sizes import sizes
from tests.support.rows import ago, make_task
from tests.support.staff import client_of

pytestmark = pytest.mark.django_db

PAGE = "/admin/jobs/system/"


def test_the_page_tells_what_the_doctor_finds_the_worst_first_with_how_to_mend_it(root):
    pause(queue="low", actor="ann", reason="<b>burns</b>")

    page = root.get(PAGE).content.decode()

    assert "No worker is online." in page
    assert "Start one: `manage.py rqworker high default low`." in page
    assert "&lt;b&gt;burns&lt;/b&gt;" in page
    levels = re.findall(r'jobs-badge jobs-\w+">(\w+)<', page)
    assert levels == sorted(levels, key=["Error", "Warning", "OK"].index)
    assert {"Error", "Warning", "OK"} == set(levels)


def test_the_page_tells_the_leader_and_since_when_and_what_it_did(root, redis):
    # given
    maintenance = Maintenance("w<1>")
    make_task(state="RETRY", run_after=ago(5))
    maintenance.tick()
    count(rung_again=1_234)

    # then
    page = root.get(PAGE).content.decode()
    assert "w&lt;1&gt;" in page
    assert leader.since() is not None
    found = counters().found
    assert (found["promoted"].count, found["rung_again"].count) == (1, 1_234)
    assert "Lost tickets rung again" in page
    assert ">1,234, last" in page
    assert "Counted since" in page


def test_a_leader_that_goes_on_leads_since_it_began(redis):
    leader.lead("w1")
    began = leader.since()
    leader.lead("w1")

    assert leader.since() == began


def test_nothing_is_counted_where_nothing_was_done(redis):
    count(promoted=0, unblocked=0)

    assert counters().since is None


def test_the_page_tells_the_releases_in_use(root, settings):
    settings.JOBS = settings.JOBS | {"RELEASE": "web-7"}
    for number, release in enumerate(["r1", "r2", "r2"]):
        WorkerLease.objects.create(name=f"w{number}", host="h", pid=1, release=release)
    WorkerLease.objects.create(name="gone", host="h", pid=1, release="r0", renewed_at=ago(3600))

    page = root.get(PAGE).content.decode()

    assert system_facts().releases == [("r1", 1), ("r2", 2)]
    assert "web-7" in page
    assert "2 workers" in page


def test_the_page_tells_each_table_without_counting(root):
    for _ in range(3):
        make_task()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE jobs_task")

    whole, tables = sizes(["jobs_task", "jobs_attempt"])

    assert [table.name for table in tables] == ["jobs_attempt", "jobs_task"]
    assert whole > 10_000
    estimate = next(table.row_estimate for table in tables if table.name == "jobs_task")
    assert estimate is not None
    assert estimate >= 3
    page = root.get(PAGE).content.decode()
    assert "jobs_attempt" in page


def test_the_page_tells_the_settings_in_force(root, settings):
    settings.JOBS = settings.JOBS | {"LEASE_SECONDS": 77.0}

    page = root.get(PAGE).content.decode()

    assert re.search(r"LEASE_SECONDS</code></td><td><bdi>77.0<", page)
    for secret in (settings.SECRET_KEY, settings.REDIS_URL):
        assert secret not in page


def test_the_page_stands_while_redis_is_away(root, no_redis):
    page = root.get(PAGE).content.decode()

    assert "It does not answer." in page
    assert "Redis does not answer" in page
    assert "nobody" in page


def test_the_page_is_for_those_who_may_see_tasks():
    assert client_of("jobs.view_task", name="bob").get(PAGE).status_code == 200
    assert client_of("jobs.cancel_task", name="eve").get(PAGE).status_code == 403


def test_the_page_costs_at_most_twelve_queries(django_assert_max_num_queries):
    client = client_of("jobs.view_task")
    WorkerLease.objects.create(name="w1", host="h", pid=1, queues=["high", "default", "low"])
    for state in ("PENDING", "STARTED", "FAILURE"):
        make_task(state=state)

    with django_assert_max_num_queries(12):
        client.get(PAGE)

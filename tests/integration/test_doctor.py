"""`manage.py doctor` against real faults."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from jobs.broker import leader, tickets
from jobs.domain.states import State
from jobs.models import WorkerLease
from tests.support.rows import ago, make_task

pytestmark = pytest.mark.django_db(transaction=True)


def doctor():
    """(exit status, findings by check)."""
    out = StringIO()
    try:
        call_command("doctor", "--json", stdout=out)
        status = 0
    except CommandError as error:
        status = error.returncode
    findings = {}
    for finding in json.loads(out.getvalue()):
        findings.setdefault(finding["check"], []).append(finding)
    return status, findings


def levels(findings, check):
    return [finding["level"] for finding in findings[check]]


@pytest.fixture
def well():
    """A worker of every queue, and a leader."""
    lease = WorkerLease.objects.create(
        name="w1", host="h1", pid=1, queues=["high", "default", "low"]
    )
    assert leader.lead("w1")
    return lease


@pytest.mark.usefixtures("well")
def test_a_sound_installation_is_found_sound():
    # given a task that waits, with its ticket
    task = make_task(run_after=ago(60))
    tickets.push([("default", str(task.pk))])

    # when
    status, findings = doctor()

    # then
    assert status == 0
    assert {check: set(levels(findings, check)) for check in findings} == {
        check: {"ok"}
        for check in (
            "database",
            "migrations",
            "redis",
            "workers",
            "queues",
            "task types",
            "leader",
            "tickets",
        )
    }


@pytest.mark.usefixtures("well")
def test_findings_are_also_told_in_words():
    out = StringIO()

    call_command("doctor", stdout=out)

    assert "ok  database: " in out.getvalue()
    assert "ok  leader: w1 does the maintenance." in out.getvalue()


def test_without_workers_it_fails_and_says_how_to_start_one():
    make_task(queue="low")

    status, findings = doctor()

    assert status == 1
    assert levels(findings, "workers") == ["error"]
    assert "manage.py rqworker" in findings["workers"][0]["mend"]
    assert levels(findings, "queues") == ["warning", "warning", "error"]
    assert levels(findings, "leader") == ["error"]


def test_a_silent_worker_is_named(well):
    WorkerLease.objects.create(
        name="w2", host="h2", pid=2, renewed_at=timezone.now() - timedelta(hours=1)
    )

    status, findings = doctor()

    assert status == 0
    assert levels(findings, "workers") == ["warning", "ok"]
    assert "w2 on h2" in findings["workers"][0]["message"]


@pytest.mark.usefixtures("well")
def test_workers_without_a_leader_are_an_error(redis):
    redis.delete(leader.KEY)

    status, findings = doctor()

    assert (status, levels(findings, "leader")) == (1, ["error"])


@pytest.mark.usefixtures("well")
def test_waiting_tasks_of_unknown_types_are_named():
    make_task(name="gone")
    make_task(name="gone", state=State.RETRY)
    make_task(name="gone too", state=State.SUCCESS)

    status, findings = doctor()

    assert status == 1
    assert "'gone' (2)" in findings["task types"][0]["message"]
    assert "gone too" not in findings["task types"][0]["message"]


@pytest.mark.usefixtures("well")
def test_lost_tickets_are_counted():
    # given two tasks that wait for long, one of them with a ticket, and one on its way
    task = make_task(queue="low", run_after=ago(60))
    tickets.push([("low", str(task.pk))])
    make_task(queue="low", run_after=ago(60))
    make_task(queue="low")

    # when
    status, findings = doctor()

    # then
    assert (status, levels(findings, "tickets")) == (0, ["warning"])
    assert "1 on low" in findings["tickets"][0]["message"]


@pytest.mark.usefixtures("well")
def test_a_task_that_waits_for_long_is_told():
    make_task(queue="low", run_after=ago(3600))

    _, findings = doctor()

    assert levels(findings, "queues") == ["ok", "ok", "warning"]
    assert "the oldest for 1 h, " in findings["queues"][2]["message"]


@pytest.mark.usefixtures("well")
def test_a_redis_that_may_forget_tickets_is_told(redis):
    redis.config_set("maxmemory-policy", "allkeys-lru")
    try:
        status, findings = doctor()
    finally:
        redis.config_set("maxmemory-policy", "noeviction")

    assert (status, levels(findings, "redis")) == (0, ["warning"])
    assert "allkeys-lru" in findings["redis"][0]["message"]


@pytest.mark.usefixtures("well", "no_redis")
def test_without_redis_it_fails_and_asks_nothing_that_needs_it():
    status, findings = doctor()

    assert (status, levels(findings, "redis")) == (1, ["error"])
    assert levels(findings, "workers") == ["ok"]
    assert not {"leader", "tickets"} & findings.keys()


@pytest.mark.usefixtures("no_database")
def test_without_the_database_it_fails_and_goes_on_to_redis():
    status, findings = doctor()

    assert status == 1
    assert levels(findings, "database") == ["error"]
    assert levels(findings, "redis") == ["ok"]
    assert not {"workers", "queues"} & findings.keys()


def test_migrations_that_are_not_applied_are_an_error():
    call_command("migrate", "jobs", "zero", verbosity=0)
    try:
        status, findings = doctor()
    finally:
        call_command("migrate", "jobs", verbosity=0)

    assert (status, levels(findings, "migrations")) == (1, ["error"])
    assert "manage.py migrate" in findings["migrations"][0]["mend"]

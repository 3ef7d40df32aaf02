"""`/metrics`, as Prometheus reads it."""

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from jobs.domain.states import State
from jobs.models import Rollup, WorkerLease
from jobs.services.pause import pause, pause_type
from tests.support.rows import ago, make_task

pytestmark = pytest.mark.django_db


def scraped(client: Client) -> dict[tuple[str, ...], float]:
    """Name and labels' values, in the order of the labels' names -> value."""
    response = client.get("/metrics")
    assert response.status_code == 200, response.content
    assert response["Content-Type"].startswith("text/plain; version=0.0.4")
    families = text_string_to_metric_families(response.content.decode())
    return {
        (sample.name, *map(sample.labels.get, sorted(sample.labels))): sample.value
        for family in families
        for sample in family.samples
    }


def test_it_tells_what_waits_runs_and_has_failed(root):
    # given
    make_task(name="tests.mark", queue="low", run_after=ago(90))
    make_task(queue="low", state=State.STARTED)
    make_task(state=State.FAILURE)
    WorkerLease.objects.create(name="w1", host="h", pid=1, queues=["high"])
    pause(queue="high", actor="ann", reason="a test")
    pause_type(name="add", actor="ann", reason="a test")

    # when
    found = scraped(root)

    # then
    assert found["taskqueue_tasks", "low", "PENDING"] == 1
    assert found["taskqueue_tasks", "low", "STARTED"] == 1
    assert found["taskqueue_tasks", "high", "PENDING"] == 0
    assert 90 <= found["taskqueue_oldest_waiting_seconds", "low"] < 120
    assert found["taskqueue_queue_paused", "high"] == 1
    assert found["taskqueue_task_type_paused", "add"] == 1
    assert found["taskqueue_queue_workers", "high"] == 1
    assert found[("taskqueue_dead_letters",)] == 1
    assert found[("taskqueue_workers_online",)] == 1
    assert found[("taskqueue_redis_up",)] == 1


def test_counters_sum_what_every_minute_counted(root):
    # given two minutes of one type
    for seconds in (60, 120):
        Rollup.objects.create(
            at=ago(seconds),
            queue="low",
            name='odd "name"\\',
            succeeded=5,
            failed=1,
            timed_out=1,
            run_seconds=3.0,
        )

    # when
    found = scraped(root)

    # then
    kind = ("low", 'odd "name"\\')
    assert found["taskqueue_attempts_total", "succeeded", *kind] == 10
    assert found["taskqueue_attempts_total", "failed", *kind] == 2
    assert found["taskqueue_timeouts_total", *kind] == 2
    assert found["taskqueue_run_seconds_count", *kind] == 12
    assert found["taskqueue_run_seconds_sum", *kind] == 6


def test_it_costs_a_fixed_number_of_queries(root, django_assert_max_num_queries):
    for queue in ("low", "high"):
        make_task(queue=queue)
    scraped(root)
    with django_assert_max_num_queries(9):
        scraped(root)


def test_who_may_not_see_tasks_is_refused(client, settings):
    settings.JOBS = {**settings.JOBS, "ANONYMOUS_ACCESS": False}
    answer = client.get("/metrics/")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"

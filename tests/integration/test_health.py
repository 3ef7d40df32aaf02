"""What load balancers, orchestrators and people with curl are told."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from jobs.broker.connection import redis as redis_client
from jobs.models import Rollup, WorkerLease
from tests.support.rows import make_task

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("slash", ["", "/"])
def test_health_tells_the_service_in_five_fields(client: Client, slash: str) -> None:
    # given one worker, two waiting tasks and three that succeeded
    WorkerLease.objects.create(name="w1", host="h", pid=1)
    make_task()
    make_task(queue="low")
    Rollup.objects.create(at=timezone.now(), queue="low", name="add", succeeded=3)

    # when somebody asks
    answer = client.get(f"/health{slash}")

    # then
    body = answer.json()
    assert answer.status_code == 200
    assert body.pop("timestamp").endswith("Z")
    assert body == {"status": "healthy", "workers": 1, "pending_tasks": 2, "completed_tasks": 3}


def test_health_without_a_living_worker_is_degraded(client: Client) -> None:
    # given a worker whose heartbeat stands still
    long_ago = timezone.now() - timedelta(hours=1)
    WorkerLease.objects.create(name="w1", host="h", pid=1, renewed_at=long_ago)

    # when
    answer = client.get("/health")

    # then the service still answers: tasks are taken and kept
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["workers"]) == ("degraded", 0)


def test_a_living_process_says_so_without_asking_anybody(
    client: Client, django_assert_num_queries: object
) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_readiness_lists_each_check(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ready",
        "checks": {"database": "ok", "redis": "ok", "migrations": "ok"},
    }


def test_readiness_without_redis_is_503_and_names_it(client: Client) -> None:
    with override_settings(REDIS_URL="redis://127.0.0.1:1/0"):
        redis_client.cache_clear()
        try:
            answer = client.get("/readyz")
        finally:
            redis_client.cache_clear()

    assert answer.status_code == 503
    checks = answer.json()["checks"]
    assert checks["redis"].startswith("does not answer")
    assert checks["database"] == "ok"


def test_readiness_without_its_tables_is_503_and_says_what_to_do(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a database from which one migration is missing
    monkeypatch.setattr("taskqueue_site.health._Migrated.once", False)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'jobs'")

    # when
    answer = client.get("/readyz")

    # then
    assert answer.status_code == 503
    assert "run manage.py migrate" in answer.json()["checks"]["migrations"]


@pytest.mark.parametrize("path", ["/health", "/healthz", "/readyz"])
def test_health_is_never_cached_and_only_read(client: Client, path: str) -> None:
    assert "no-store" in client.get(path)["Cache-Control"]
    assert client.post(path).status_code == 405

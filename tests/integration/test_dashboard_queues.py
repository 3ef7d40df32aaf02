"""The dashboard's pages of queues."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from jobs.models import Rollup, WorkerLease
from jobs.services.pause import pause
from tests.support.rows import ago, make_task
from tests.support.staff import client_of

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>"


def html(client: Client, path: str, **headers: str) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return str(answer.content.decode())


def tile(page: str, word: str) -> str:
    found = re.search(rf"<dt>{word}</dt><dd[^>]*>\s*(.*?)\s*</dd>", page)
    assert found, f"no tile {word}"
    return found[1]


def test_the_list_tells_how_each_queue_stands(client: Client) -> None:
    # given two that wait, one that runs, and what ended of late
    make_task(queue="low", run_after=ago(90))
    make_task(queue="low")
    make_task(queue="low", state="STARTED", worker="w1", started_at=ago(3))
    minute = timezone.now().replace(second=0, microsecond=0)
    Rollup.objects.create(at=minute, queue="low", name="add", succeeded=40)
    WorkerLease.objects.create(name="w1", host="h1", pid=1, queues=["low"])

    # then
    row = html(client, "/queues/").partition('href="/queues/low/"')[2].partition("</tr>")[0]
    assert "2 waiting, 1 running" in row
    assert 'data-label="Oldest wait">1 min 3' in row
    assert 'data-label="Out / min">20<' in row
    assert "40 at most" in row
    assert 'data-label="Workers">1<' in row


def test_a_queues_page_lists_what_waits_runs_and_failed(client: Client) -> None:
    # given
    waiting = make_task(queue="high", run_after=ago(60))
    running = make_task(queue="high", state="STARTED", worker="w7", started_at=ago(5))
    failed = make_task(queue="high", state="FAILURE", finished_at=ago(9), error="KeyError: 7")
    elsewhere = make_task(queue="low")

    # when
    page = html(client, "/queues/high/")

    # then
    assert (tile(page, "Waiting"), tile(page, "Running")) == ("1", "1")
    assert all(str(task.pk) in page for task in (waiting, running, failed))
    assert str(elsewhere.pk) not in page
    assert "w7" in page
    assert "KeyError: 7" in page
    assert "No worker serves this queue, where tasks wait." in page


def test_a_pause_is_told_with_its_reason_and_end(client: Client) -> None:
    until = timezone.now() + timedelta(hours=2, seconds=30)
    pause(queue="low", actor="ann", reason=HOSTILE, until=until)
    for path in ("/queues/", "/queues/low/"):
        page = html(client, path)
        assert "Paused by <bdi>ann</bdi>" in page
        assert "data-ago>in 2 h</time>" in page
        assert "&lt;script&gt;" in page
        assert HOSTILE not in page


def test_an_idle_queue_says_so(client: Client) -> None:
    page = html(client, "/queues/default/")
    assert "Nothing waits." in page
    assert "Nothing runs." in page
    assert "No task of this queue is among the dead letters." in page


@pytest.mark.parametrize("name", ["fast", "%00", "%3Cscript%3E"])
def test_a_queue_that_is_not_configured_is_not_found(client: Client, name: str) -> None:
    assert client.get(f"/queues/{name}/").status_code == 404


def test_errors_are_payload() -> None:
    make_task(queue="high", state="FAILURE", finished_at=ago(9), error="hunter2")
    viewer = client_of("jobs.view_task")
    assert "hunter2" not in html(viewer, "/queues/high/")
    assert "Failed" in html(viewer, "/queues/high/")


def test_scripts_get_the_parts_alone(client: Client) -> None:
    page = html(client, "/queues/high/", **{"x-fragment": "1"})
    assert 'data-part="waiting"' in page
    assert "<html" not in page


@pytest.mark.parametrize(("path", "most"), [("/queues/", 8), ("/queues/high/", 12)])
def test_pages_ask_few_questions_however_many_tasks_there_are(
    client: Client, path: str, most: int, django_assert_max_num_queries
) -> None:
    for _ in range(30):
        make_task(queue="high")
        make_task(queue="high", state="STARTED", started_at=ago(1))
        make_task(queue="high", state="FAILURE", finished_at=ago(1))
    with django_assert_max_num_queries(most):
        client.get(path)

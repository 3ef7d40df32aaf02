"""The dashboard's page of workers."""

import pytest
from django.test import Client

from jobs.models import LostWorker, WorkerLease
from tests.support.rows import ago, make_task
from tests.support.staff import client_of

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>"


def html(client: Client) -> str:
    answer = client.get("/workers/")
    assert answer.status_code == 200
    return str(answer.content.decode())


def make_lease(name: str, **columns: object) -> WorkerLease:
    given: dict[str, object] = {"host": "h1", "pid": 4711, "queues": ["high", "low"]}
    return WorkerLease.objects.create(name=name, **(given | columns))


def test_a_worker_is_told_with_all_its_facts(client: Client) -> None:
    # given
    make_lease(
        "w1", release="r42", concurrency=4, succeeded_count=1200, failed_count=3, memory_mb=91.4
    )
    held = make_task(
        state="STARTED", worker="w1", started_at=ago(65), progress={"percent": 40, "message": "m"}
    )

    # when
    page = html(client)

    # then
    row = page.partition('data-state="busy"')[2].partition("</tr>")[0]
    facts = ("w1", "h1", "pid 4711", "r42", "high, low", "1/4", "1,200", "91 MiB")
    assert all(fact in row for fact in facts)
    assert f'href="/tasks/{held.pk}/"' in row
    assert "data-since>1 min 5 s<" in row
    assert 'value="40.0"' in row
    assert '<span class="of"> of 4</span>' in page


def test_many_tasks_of_one_worker_are_counted(client: Client) -> None:
    make_lease("w1", concurrency=8)
    for _ in range(8):
        make_task(state="STARTED", worker="w1", started_at=ago(5))
    assert "3 more" in html(client)


def test_the_lost_are_told_with_what_was_rescued(client: Client) -> None:
    # given one whose heartbeat stands still, and one that was found dead
    make_lease("silent", renewed_at=ago(3600))
    rescued = make_task(state="RETRY")
    LostWorker.objects.create(
        name="dead", host="h9", why="its heartbeat stood still", task_count=1,
        task_ids=[str(rescued.pk)],
    )  # fmt: skip

    # when
    page = html(client)

    # then
    assert page.count('data-state="lost"') == 1
    lost = page.partition('id="lost-title"')[2]
    assert "its heartbeat stood still" in lost
    assert f'href="/tasks/{rescued.pk}/"' in lost


def test_without_workers_the_page_says_how_to_start_one(client: Client) -> None:
    page = html(client)
    assert "manage.py rqworker high default low" in page
    assert "No worker was ever lost." in page


def test_who_may_tell_workers_is_led_to_the_questions(client: Client) -> None:
    make_lease("w1")
    assert "/admin/jobs/workerlease/w1/tell/quiet/" not in html(client)
    teller = client_of("jobs.view_task", "jobs.view_workerlease", "jobs.manage_workers")
    assert "/admin/jobs/workerlease/w1/tell/quiet/" in html(teller)


def test_hostile_names_are_only_text(client: Client) -> None:
    make_lease(HOSTILE, host=HOSTILE, queues=[HOSTILE], release=HOSTILE)
    make_task(state="STARTED", worker=HOSTILE, name=HOSTILE, started_at=ago(5))
    LostWorker.objects.create(name=HOSTILE, why=HOSTILE)
    page = html(client)
    assert HOSTILE not in page
    assert page.count("&lt;script&gt;") >= 6


def test_the_page_asks_the_same_however_many_workers(
    client: Client, django_assert_max_num_queries
) -> None:
    for number in range(30):
        make_lease(f"w{number}")
        make_task(state="STARTED", worker=f"w{number}", started_at=ago(1))
    with django_assert_max_num_queries(4):
        client.get("/workers/")

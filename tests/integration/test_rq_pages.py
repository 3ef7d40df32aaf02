"""django-rq's admin pages over tasks: what each shows."""

import json

import pytest

from jobs.broker import tickets
from jobs.domain.states import State
from jobs.models import Rollup, WorkerLease
from tests.support.rows import ago, make_task
from tests.support.rq import HOME, QUEUE, line, plain, rung

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "path",
    [
        "",
        "stats.json",
        "queues/1/",
        "queues/1/details/",
        "queues/1/finished/",
        "queues/1/failed/",
        "queues/1/failed/clear/",
        "queues/1/scheduled/",
        "queues/1/started/",
        "queues/1/deferred/",
        "queues/1/empty/",
        "queues/1/requeue-all/",
        "workers/1/",
    ],
)
def test_every_page_answers_with_tasks_in_every_state_and_plain_jobs(root, path):
    # given
    for state in State:
        make_task(queue="high", state=state.value, worker="w1")
    rung()
    plain()
    plain(fails=True)

    # then
    assert root.get(HOME + path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "queues/9/",
        "queues/1/no-such-job/",
        "queues/1/no-such-job/delete/",
        "workers/1/rq:worker:nobody/",
        "workers/1/no-key/",
        "workers/1/%00/",
        "schedulers/0/",
        "add/",
        "1/change/",
    ],
)
def test_what_is_not_there_is_a_404_and_never_an_error(root, path):
    assert root.get(HOME + path).status_code == 404


def test_looking_at_pages_throws_no_ticket_away(root, redis):
    # given tickets of a large push, which have no hash
    tasks = [make_task(queue="high") for _ in range(3)]
    redis.rpush("rq:queue:high", *[tickets.ticket(str(task.pk)) for task in tasks])

    # when
    for path in ("", "stats.json", "queues/1/", "queues/1/details/"):
        assert root.get(HOME + path).status_code == 200

    # then
    assert line(redis) == [f"task-{task.pk}" for task in tasks]


def test_the_line_shows_each_tasks_type_and_state(root):
    # given
    rung(name="send_email")
    plain()

    # then
    page = root.get(QUEUE).content.decode()
    assert "send_email" in page
    assert "jobs-badge jobs-pending" in page
    assert "builtins.len" in page


def test_a_tasks_page_in_rq_is_our_page(root):
    # given
    task = rung()

    # then
    assert root.get(f"{QUEUE}task-{task.pk}/").url == f"/admin/jobs/task/{task.pk}/change/"


def test_the_numbers_count_rows_and_plain_jobs_together(root):
    # given
    for state in ("STARTED", "SCHEDULED", "RETRY", "BLOCKED", "FAILURE", "FAILURE"):
        make_task(queue="high", state=state)
    make_task(queue="high", state="FAILURE", discarded_at=ago(1))
    rung()
    plain()
    plain(fails=True)
    Rollup.objects.create(at=ago(60), queue="high", name="add", succeeded=7)

    # then
    answer = json.loads(root.get(f"{HOME}stats.json").content)
    high = next(queue for queue in answer["queues"] if queue["name"] == "high")
    assert {name: high[name] for name in high if name.endswith("jobs")} == {
        "jobs": 2,
        "started_jobs": 1,
        "scheduled_jobs": 2,
        "deferred_jobs": 1,
        "failed_jobs": 3,
        "finished_jobs": 7,
    }


def test_lost_tickets_do_not_hide_waiting_tasks(root):
    # given rows whose tickets Redis forgot
    for _ in range(4):
        make_task(queue="high")

    # then
    answer = json.loads(root.get(f"{HOME}stats.json").content)
    assert next(queue["jobs"] for queue in answer["queues"] if queue["name"] == "high") == 4


def test_our_workers_page_stands_in_for_rqs(root):
    # given
    WorkerLease.objects.create(name="w1", host="h1", pid=1)

    # then
    response = root.get(f"{HOME}workers/1/rq:worker:w1/")
    assert response.url == "/admin/jobs/workerlease/w1/change/"


def test_a_plain_jobs_pages_and_buttons_stay_the_stock_ones(root, redis):
    # given
    job, failed = plain(), plain(fails=True)

    # when
    assert root.get(f"{QUEUE}{job.id}/").status_code == 200
    assert root.get(f"{QUEUE}{job.id}/delete/").status_code == 200
    root.post(f"{QUEUE}{failed.id}/requeue/")
    root.post(f"{QUEUE}{job.id}/delete/")

    # then
    assert line(redis) == [failed.id]


def test_redis_away_is_a_page_that_says_so(root, settings):
    # given
    closed = "redis://127.0.0.1:1/0"
    settings.RQ_QUEUES = {
        name: options | {"URL": closed} for name, options in settings.RQ_QUEUES.items()
    }

    # then
    for path in ("", "queues/1/", "queues/1/details/", "queues/1/failed/", "workers/1/"):
        response = root.get(HOME + path)
        assert response.status_code == 503, path
        assert "Redis is away" in response.content.decode()


def test_the_pages_are_linked_from_the_admins_index(root):
    assert f'href="{HOME}"' in root.get("/admin/").content.decode()

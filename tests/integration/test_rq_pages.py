"""django-rq's admin pages over tasks: each page, and what each button does to the row."""

import json
from typing import Any

import django_rq
import pytest
from django.contrib.messages import get_messages
from django.test import Client
from redis import Redis

from jobs.broker import tickets
from jobs.domain.states import State
from jobs.models import Event, Rollup, Task, WorkerLease
from tests.support.rows import ago, make_task, reload
from tests.support.staff import client_of, make_superuser_client

pytestmark = pytest.mark.django_db

HOME = "/admin/django_rq/dashboard/"
#: django-rq numbers the queues by name: default 0, high 1, low 2.
QUEUE = f"{HOME}queues/1/"
ALL = ("jobs.view_task", "jobs.requeue_task", "jobs.cancel_task", "jobs.discard_task")


@pytest.fixture
def root() -> Client:
    return make_superuser_client()


def rung(**columns: Any) -> Task:
    """A task on queue high whose ticket lies in Redis."""
    task = make_task(**({"queue": "high"} | columns))
    tickets.push([("high", str(task.pk))])
    return task


def plain(*, fails: bool = False) -> Any:
    """A plain RQ job on queue high; with `fails` it lies in the registry of failures."""
    queue = django_rq.get_queue("high", commit_mode="auto")
    job = queue.enqueue("builtins.len", "abc")
    if fails:
        queue.remove(job)
        queue.failed_job_registry.add(job, ttl=3600)
        job.set_status("failed")
    return job


def line(redis: Redis) -> list[str]:
    return [item.decode() for item in redis.lrange("rq:queue:high", 0, -1)]


def said(response: Any) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


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


@pytest.mark.parametrize(
    ("before", "button", "after"),
    [
        ("PENDING", "delete", "REVOKED"),
        ("RETRY", "delete", "REVOKED"),
        ("FAILURE", "requeue", "PENDING"),
        ("SUCCESS", "requeue", "PENDING"),
        ("REVOKED", "enqueue", "PENDING"),
        ("PENDING", "stop", "REVOKED"),
        ("SUCCESS", "delete", "SUCCESS"),
        ("PENDING", "requeue", "PENDING"),
    ],
)
def test_a_tasks_button_acts_on_its_row(root, before, button, after):
    # given
    task = rung(state=before)

    # when
    response = root.post(f"{QUEUE}task-{task.pk}/{button}/")

    # then
    assert response.status_code == 302
    assert reload(task).state == after


def test_delete_of_a_dead_letter_discards_it(root):
    # given
    task = rung(state="FAILURE")

    # when
    root.post(f"{QUEUE}task-{task.pk}/delete/")

    # then
    assert reload(task).discarded_at is not None
    assert Event.objects.get().kind == "discarded"
    assert Event.objects.get().actor == "root"


def test_stop_asks_the_worker_of_a_running_task(root):
    # given
    task = rung(state="STARTED", worker="w1")

    # when
    response = root.post(f"{QUEUE}task-{task.pk}/stop/")

    # then
    assert reload(task).cancel_requested_at is not None
    assert "Asked 1 task to stop" in said(response)


def test_a_get_of_a_tasks_button_changes_nothing(root):
    # given
    task = rung()

    # then
    for button in ("delete", "requeue", "enqueue", "stop"):
        assert root.get(f"{QUEUE}task-{task.pk}/{button}/").status_code == 302
    assert reload(task).state == State.PENDING


def test_a_deleted_tasks_ticket_leaves_the_line(root, redis):
    # given
    gone, stays = rung(), rung()

    # when
    root.post(f"{QUEUE}task-{gone.pk}/delete/")

    # then
    assert line(redis) == [f"task-{stays.pk}"]


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        ("delete", "PENDING", "REVOKED"),
        ("requeue", "FAILURE", "PENDING"),
        ("stop", "PENDING", "REVOKED"),
    ],
)
def test_bulk_acts_on_the_rows_of_tasks(root, action, before, after):
    # given
    tasks = [rung(state=before) for _ in range(3)]
    ids = [f"task-{task.pk}" for task in tasks]

    # when
    asked = root.post(
        f"{HOME}queues/confirm-action/1/", {"action": action, "_selected_action": ids}
    )
    root.post(f"{HOME}queues/actions/1/", {"action": action, "job_ids": ids})

    # then
    assert asked.context["job_ids"] == ids
    assert [reload(task).state for task in tasks] == [after] * 3


def test_bulk_delete_of_tasks_and_plain_jobs_together_does_both(root, redis):
    # given
    task, job = rung(), plain()
    ids = [f"task-{task.pk}", job.id]

    # when
    root.post(f"{HOME}queues/actions/1/", {"action": "delete", "job_ids": ids})

    # then
    assert reload(task).state == State.REVOKED
    assert line(redis) == []
    assert not redis.exists(job.key)


def test_bulk_never_leads_to_another_site(root):
    # given
    task = rung()
    form = {"action": "delete", "job_ids": [f"task-{task.pk}"], "next_url": "https://evil.example/"}

    # then
    assert root.post(f"{HOME}queues/actions/1/", form).url == QUEUE


def test_empty_cancels_what_waits_and_clears_the_line(root, redis):
    # given
    waiting, other = rung(), make_task(queue="low")
    lost = make_task(queue="high")
    plain()

    # when
    root.post(f"{QUEUE}empty/")

    # then
    assert [reload(task).state for task in (waiting, lost, other)] == [
        "REVOKED",
        "REVOKED",
        "PENDING",
    ]
    assert line(redis) == []


def test_too_many_for_one_go_are_begun_and_told(root, redis, monkeypatch):
    # given
    monkeypatch.setattr("jobs.admin.rq_buttons.MOST_TASKS", 2)
    tasks = [rung(run_after=ago(60 - number)) for number in range(3)]

    # when
    response = root.post(f"{QUEUE}empty/")

    # then
    assert [reload(task).state for task in tasks] == ["REVOKED", "REVOKED", "PENDING"]
    assert "press again" in said(response)
    assert f"task-{tasks[2].pk}" in line(redis)


def test_requeue_all_requeues_dead_letters_and_plain_failures(root):
    # given
    dead, discarded = (
        make_task(queue="high", state="FAILURE"),
        make_task(queue="high", state="FAILURE", discarded_at=ago(1)),
    )
    job = plain(fails=True)

    # when
    root.post(f"{QUEUE}requeue-all/")

    # then
    assert [reload(dead).state, reload(discarded).state] == ["PENDING", "FAILURE"]
    assert job.get_status() == "queued"


def test_clear_failed_discards_dead_letters_and_deletes_plain_failures(root, redis):
    # given
    dead, job = make_task(queue="high", state="FAILURE"), plain(fails=True)

    # when
    root.post(f"{QUEUE}failed/clear/")

    # then
    assert reload(dead).discarded_at is not None
    assert not redis.exists(job.key)


@pytest.mark.parametrize("page", ["empty", "requeue-all", "failed/clear"])
def test_a_page_that_asks_says_how_many_tasks_it_concerns(root, page):
    # given
    state = "PENDING" if page == "empty" else "FAILURE"
    for _ in range(3):
        make_task(queue="high", state=state)

    # then
    assert "<strong>3</strong>" in root.get(f"{QUEUE}{page}/").content.decode()


def test_the_numbers_count_rows_and_plain_jobs_together(root):
    # given
    for state in ("STARTED", "SCHEDULED", "RETRY", "BLOCKED", "FAILURE", "FAILURE"):
        make_task(queue="high", state=state)
    make_task(queue="high", state="FAILURE", discarded_at=ago(1))
    rung()
    plain()
    plain(fails=True)
    Rollup.objects.create(minute=ago(60), queue="high", name="add", succeeded=7)

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


def test_the_json_numbers_keep_django_rqs_login_by_token(client, settings, monkeypatch):
    # given
    settings.RQ_API_TOKEN = "topsecret"

    # then
    assert client.get(f"{HOME}stats.json").status_code == 401
    answer = client.get(f"{HOME}stats.json", headers={"Authorization": "Bearer topsecret"})
    assert answer.status_code == 200
    assert client_of().get(f"{HOME}stats.json").status_code == 403


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


POSTS = [
    "queues/1/empty/",
    "queues/1/requeue-all/",
    "queues/1/failed/clear/",
    "queues/1/{ticket}/delete/",
    "queues/1/{ticket}/requeue/",
    "queues/1/{ticket}/enqueue/",
    "queues/1/{ticket}/stop/",
    "queues/1/{job}/delete/",
    "queues/1/{job}/requeue/",
    "queues/1/{job}/enqueue/",
    "queues/1/{job}/stop/",
    "queues/confirm-action/1/",
    "queues/actions/1/",
    "",
    "queues/1/",
]


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("action", ["delete", "requeue", "stop", "nonsense"])
def test_somebody_who_may_only_look_gets_403_for_every_button(path, action, redis):
    # given
    task, job = rung(), plain()
    client = client_of("jobs.view_task", "jobs.view_payload")
    form = {"action": action, "job_ids": [f"task-{task.pk}", job.id], "_selected_action": [job.id]}

    # when
    path = path.format(ticket=f"task-{task.pk}", job=job.id)
    response = client.post(HOME + path, form)

    # then
    assert response.status_code == 403
    assert reload(task).state == State.PENDING
    assert line(redis) == [f"task-{task.pk}", job.id]


@pytest.mark.parametrize(
    ("path", "missing"),
    [
        ("queues/1/empty/", "jobs.cancel_task"),
        ("queues/1/requeue-all/", "jobs.requeue_task"),
        ("queues/1/failed/clear/", "jobs.discard_task"),
        ("queues/1/{ticket}/delete/", "jobs.discard_task"),
        ("queues/1/{ticket}/requeue/", "jobs.requeue_task"),
        ("queues/1/{ticket}/stop/", "jobs.cancel_task"),
    ],
)
def test_each_button_wants_its_own_permission(path, missing):
    # given a dead letter, and somebody who holds all permissions but one
    task = rung(state="FAILURE")
    client = client_of(*[permission for permission in ALL if permission != missing])

    # then
    url = HOME + path.format(ticket=f"task-{task.pk}")
    assert client.post(url).status_code == 403
    assert not Event.objects.exists()


@pytest.mark.parametrize("path", ["", "queues/1/", "queues/1/details/", "workers/1/"])
def test_staff_without_any_permission_see_none_of_the_pages(path):
    client = client_of()
    assert client.get(HOME + path).status_code == 403
    assert "django_rq" not in client.get("/admin/").content.decode()


def test_what_a_plain_job_carries_is_shown_only_with_the_permission():
    # given
    job = plain()

    # then
    assert client_of("jobs.view_task").get(f"{QUEUE}{job.id}/").status_code == 403
    allowed = client_of("jobs.view_task", "jobs.view_payload", name="grace")
    assert allowed.get(f"{QUEUE}{job.id}/").status_code == 200


def test_a_stranger_is_asked_to_log_in(client):
    response = client.get(QUEUE)
    assert response.status_code == 302
    assert response.url.startswith("/admin/login/")


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

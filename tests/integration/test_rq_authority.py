"""Who may see django-rq's pages and press their buttons."""

import pytest

from jobs.domain.states import State
from jobs.models import Event
from tests.support.rows import reload
from tests.support.rq import HOME, QUEUE, line, plain, rung
from tests.support.staff import client_of

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]


ALL = ("jobs.view_task", "jobs.requeue_task", "jobs.cancel_task", "jobs.discard_task")


def test_the_json_numbers_keep_django_rqs_login_by_token(client, settings, monkeypatch):
    # given
    settings.RQ_API_TOKEN = "topsecret"

    # then
    assert client.get(f"{HOME}stats.json").status_code == 401
    answer = client.get(f"{HOME}stats.json", headers={"Authorization": "Bearer topsecret"})
    assert answer.status_code == 200
    assert client_of().get(f"{HOME}stats.json").status_code == 403


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

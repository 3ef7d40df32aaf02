"""Every page of the dashboard for every role: derived from its addresses."""

import pytest

from dashboard.urls import urlpatterns
from jobs.models import AuditEntry, Task
from tests.support.audit import kept
from tests.support.dashboard_pages import address
from tests.support.roles import ROLES, client_in
from tests.support.rows import make_task

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]

CLOSED = {"ANONYMOUS_ACCESS": False}
SUBMIT = {"type": "add", "argument-x": "1", "argument-y": "2"}
#: What is posted where, the permission it asks for, and the verb that is kept.
DEEDS = {
    "submit": ("/submit/", SUBMIT, "submit_task", "task.submit"),
    "cancel": ("/tasks/{waiting}/cancel/", {}, "cancel_task", "task.cancel"),
    "requeue": ("/tasks/{ended}/requeue/", {}, "requeue_task", "task.requeue"),
}
#: Pages that only show.
SHOWN = {"overview", "rows", "live", "task", "queues", "queue", "types", "type", "workers"}


def test_every_page_is_one_that_shows_or_has_a_rule():
    assert {pattern.name for pattern in urlpatterns} == SHOWN | DEEDS.keys()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", DEEDS)
def test_a_role_may_what_it_may_and_each_deed_leaves_one_entry(name, role, settings):
    # given
    settings.JOBS = settings.JOBS | CLOSED
    path, form, permission, verb = DEEDS[name]
    ids = {"waiting": make_task().pk, "ended": make_task(state="FAILURE").pk}
    client, before = client_in(role), list(Task.objects.values())

    # when
    answer = client.post(path.format(**ids), form)

    # then
    if permission in ROLES[role]:
        assert [(door, did) for door, did, _ in kept()] == [("dashboard", verb)]
        assert AuditEntry.objects.get().actor == role
        assert list(Task.objects.values()) != before
        return
    assert kept() == []
    assert list(Task.objects.values()) == before
    if role == "anonymous":
        assert answer["Location"].startswith("/admin/login/")
    else:
        assert answer.status_code == 403


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_a_page_that_shows_takes_no_post(name, root):
    # given
    task = make_task()

    # then
    assert root.post(address(name, task_id=task.pk), SUBMIT).status_code == 405
    assert kept() == []


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", sorted(SHOWN))
def test_a_page_is_shown_to_who_may_see_tasks(name, role, settings):
    # given
    settings.JOBS = settings.JOBS | CLOSED
    task = make_task()

    # when
    answer = client_in(role).get(address(name, task_id=task.pk))

    # then
    if "view_task" in ROLES[role]:
        assert answer.status_code == 200
    elif role == "anonymous":
        assert answer["Location"].startswith("/admin/login/")
    else:
        assert answer.status_code == 403

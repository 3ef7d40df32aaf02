"""Requeue, cancel and discard on one task's page."""

import pytest

from jobs.domain.states import State
from jobs.models import Event, Task
from tests.support.rows import make_task, reload
from tests.support.staff import said

pytestmark = pytest.mark.django_db


URL = "/admin/jobs/task/"


def test_a_button_on_the_tasks_page_does_its_verb_and_comes_back(root):
    # given
    task = make_task(state="FAILURE")

    # when
    response = root.post(f"{URL}{task.pk}/do/requeue/", {"reason": "gateway is up"})

    # then
    assert response.url == f"{URL}{task.pk}/change/"
    assert said(response) == "Requeued 1 task."
    assert reload(task).state == State.PENDING
    assert Event.objects.get().reason == "gateway is up"


def test_a_reason_is_kept_as_any_database_can_hold_it(root):
    # given
    task = make_task()

    # when
    root.post(f"{URL}{task.pk}/do/cancel/", {"reason": "no\0pe" + "x" * 600})

    # then
    assert Event.objects.get().reason == ("nope" + "x" * 600)[:500]


def test_a_verb_is_never_a_get(root):
    # given
    task = make_task()

    # then
    assert root.get(f"{URL}{task.pk}/do/cancel/").status_code == 405
    assert reload(task).state == State.PENDING


def test_a_verb_that_comes_too_late_says_so(root):
    # given
    task = make_task(state="SUCCESS")

    # when
    response = root.post(f"{URL}{task.pk}/do/cancel/")

    # then
    assert said(response) == "Refused by state: 1 SUCCESS. Nothing was changed there."


def test_a_task_that_is_gone_leads_back_to_the_list(root):
    # given
    task = make_task()
    Task.objects.all().delete()

    # when
    response = root.post(f"{URL}{task.pk}/do/cancel/")

    # then
    assert response.url == URL
    assert said(response) == "1 task no longer existed."


def test_an_unknown_verb_is_a_404(root):
    assert root.post(f"{URL}{make_task().pk}/do/delete/").status_code == 404


def test_nobody_adds_changes_or_deletes_rows_by_hand(root):
    # given
    task = make_task()

    # then
    assert root.get(f"{URL}add/").status_code == 403
    assert root.post(f"{URL}{task.pk}/change/", {"name": "x"}).status_code == 403
    assert root.post(f"{URL}{task.pk}/delete/", {"post": "yes"}).status_code == 403
    assert reload(task).name == "add"

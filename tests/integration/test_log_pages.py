"""The log of an attempt on the pages: shown as text, to those who may see it."""

import pytest
from django.test import override_settings

from jobs.models import Task
from tests.support.hostile import HOSTILE
from tests.support.rows import claimed, finished, make_task, outcome_of
from tests.support.staff import client_of

pytestmark = pytest.mark.django_db

PAGES = ["/tasks/{}/", "/admin/jobs/task/{}/change/"]


def logged(text: str) -> Task:
    """A task that succeeded and logged this."""
    task = make_task()
    finished(outcome_of(claimed(task), log=text))
    return task


@pytest.mark.parametrize("page", PAGES)
def test_the_log_of_an_attempt_is_on_its_page_as_text(page: str) -> None:
    # given
    task = logged(f"INFO shop: asked\nINFO shop: {HOSTILE}")
    client = client_of("jobs.view_task", "jobs.view_payload")

    # when
    shown = client.get(page.format(task.pk)).content.decode()

    # then
    assert "INFO shop: asked" in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert(1)" not in shown
    assert "\u202e" not in shown


@pytest.mark.parametrize("page", PAGES)
def test_the_log_is_hidden_from_those_who_may_not_see_payloads(page: str) -> None:
    task = logged("INFO shop: hunter2")
    with override_settings(JOBS={"ANONYMOUS_ACCESS": False}):
        response = client_of("jobs.view_task").get(page.format(task.pk))

    assert response.status_code == 200
    assert b"hunter2" not in response.content

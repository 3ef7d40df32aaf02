"""Actions over many tasks in the admin."""

import uuid

import pytest

from jobs.domain.operations import Action
from jobs.domain.states import State
from jobs.models import Operation
from jobs.selectors.pages import TaskFilter
from jobs.services.operate import pause_operation, resume_operation
from tests.support.operations import begin
from tests.support.staff import client_of, said

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/admin/jobs/operation/"


def test_the_admin_shows_operations_with_the_buttons_one_may_press():
    begin(Action.DISCARD, TaskFilter(states=frozenset({State.FAILURE}), queue="low"))

    page = client_of("jobs.view_task", "jobs.discard_task").get(PAGE).content.decode()
    assert "queue low; status FAILURE" in page
    assert page.count("formaction=") == 2
    page = client_of("jobs.view_task", name="eve").get(PAGE).content.decode()
    assert "queue low; status FAILURE" in page
    assert "formaction=" not in page


def test_the_admins_buttons_pause_resume_and_cancel(root):
    operation = begin()
    seen = []

    for word in ("pause", "resume", "cancel", "resume"):
        answer = root.post(f"{PAGE}{operation.pk}/{word}/")
        assert answer.status_code == 302
        seen.append(Operation.objects.get().state)

    assert seen == ["paused", "running", "cancelled", "cancelled"]
    assert "it cannot resume" in said(answer)
    lines = Operation.objects.get().history
    assert [line["verb"] for line in lines] == ["pause", "resume", "cancel"]
    assert {line["actor"] for line in lines} == {"root"}


def test_the_admin_tells_who_did_what_to_an_operation_the_latest_first(root):
    operation = begin()
    pause_operation(operation_id=operation.pk, actor="bob", reason="<b>lunch</b>")
    resume_operation(operation_id=operation.pk, actor="eve")

    page = root.get(PAGE).content.decode()

    assert page.index("resume by eve") < page.index("pause by bob")
    assert "&lt;b&gt;lunch&lt;/b&gt;" in page


@pytest.mark.parametrize("word", ["pause", "resume", "cancel"])
def test_the_admins_buttons_want_a_post_the_permission_and_an_operation(root, word):
    operation = begin(Action.DISCARD)
    address = f"{PAGE}{operation.pk}/{word}/"

    assert root.get(address).status_code == 405
    assert client_of("jobs.view_task", "jobs.requeue_task").post(address).status_code == 403
    assert root.post(f"{PAGE}{uuid.uuid4()}/{word}/").status_code == 404
    assert Operation.objects.get().state == "running"

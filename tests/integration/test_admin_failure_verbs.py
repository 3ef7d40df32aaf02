"""What is decided of failures, and done to a whole group, from their pages in the admin."""

import time

import pytest
from django.contrib.auth.models import User

from jobs.domain.fingerprint import FailureGroup
from jobs.domain.states import Move, State
from jobs.models import Failure, FailureChange, Operation
from tests.support.failures import GROUP, fail, make_failure
from tests.support.operations import worked
from tests.support.rows import reload
from tests.support.staff import client_of, said

pytestmark = pytest.mark.django_db

LIST = "/admin/jobs/failure/"
FP = GROUP.fingerprint
PAGE = f"{LIST}{FP}/change/"
DECIDE = f"{LIST}{FP}/decide/"
VIEW, PAYLOAD, TRIAGE = "jobs.view_task", "jobs.view_payload", "jobs.triage_failures"


def text_of(client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("acknowledge", "acknowledged"),
        ("mute", "muted"),
        ("resolve", "resolved"),
        ("reopen", "new"),
    ],
)
def test_a_button_decides_with_a_reason(word, status):
    make_failure(status="regressed")
    client = client_of(VIEW, TRIAGE)

    answer = client.post(DECIDE, {"do": word, "reason": "it is known"})

    assert (answer.status_code, answer.url) == (302, PAGE)
    assert status in said(answer)
    assert Failure.objects.get().status == status
    change = FailureChange.objects.get()
    assert (change.change, change.actor, change.reason) == (status, "ada", "it is known")
    page = text_of(client, PAGE)
    assert "it is known" in page
    assert f'value="{word}"' not in page


def test_a_group_is_assigned_and_noted_on(root):
    make_failure()
    User.objects.create_user("ann", is_staff=True)

    root.post(DECIDE, {"do": "assign", "assignee": "ann"})
    root.post(DECIDE, {"do": "note", "note": "See\r\nticket 7"})

    found = Failure.objects.get()
    assert (found.assignee.username, found.note) == ("ann", "See\nticket 7")
    assert '<option value="ann" selected>' in text_of(root, PAGE)
    root.post(DECIDE, {"do": "assign", "assignee": ""})
    assert Failure.objects.get().assignee is None


def test_an_assignee_who_is_not_there_is_refused_in_words(root):
    make_failure()

    answer = root.post(DECIDE, {"do": "assign", "assignee": "eve"})

    assert "'eve'" in said(answer)
    assert not FailureChange.objects.exists()


def test_deciding_wants_a_post_the_permission_a_group_and_a_known_button(root):
    make_failure()

    assert root.get(DECIDE).status_code == 405
    assert client_of(VIEW, PAYLOAD).post(DECIDE, {"do": "mute"}).status_code == 403
    assert root.post(DECIDE, {"do": "explode"}).status_code == 404
    for wrong in ("0" * 16, "x", "a\0"):
        assert root.post(f"{LIST}{wrong}/decide/", {"do": "mute"}).status_code == 404
        assert root.get(f"{LIST}{wrong}/change/").status_code == 404
    assert Failure.objects.get().status == "new"


@pytest.mark.parametrize("path", [LIST, PAGE, f"{LIST}{FP}/do/requeue/"])
def test_a_page_wants_its_permission(path):
    make_failure()

    assert client_of("jobs.requeue_task").get(path).status_code == 403


@pytest.mark.parametrize(
    ("word", "target"), [("requeue", State.PENDING), ("discard", State.FAILURE)]
)
@pytest.mark.django_db(transaction=True)
def test_a_whole_group_is_acted_on_after_a_question(word, target):
    # given
    client = client_of(VIEW, f"jobs.{word}_task")
    tasks, others = fail(count=5), fail(count=2, group=FailureGroup("add", "shop.Other"))
    path = f"{LIST}{FP}/do/{word}/"

    # when asked
    question = text_of(client, path)
    assert "<strong>5</strong> of 5 chosen tasks" in question
    assert not Operation.objects.exists()

    # and confirmed
    answer = client.post(path, {"confirmed": word, "reason": "fixed in r8"})

    # then
    operation = Operation.objects.get()
    page = f"/admin/jobs/operation/{operation.pk}/change/"
    assert (answer.status_code, answer.url) == (302, page)
    worked(operation, limit=2)
    operation.refresh_from_db()
    assert (operation.done_count, operation.actor, operation.reason) == (5, "ada", "fixed in r8")
    assert {reload(task).state for task in tasks} == {target}
    assert all(reload(task).discarded_at for task in tasks) is (word == "discard")
    assert {reload(task).state for task in others} == {State.FAILURE}


@pytest.mark.django_db(transaction=True)
def test_what_is_still_tried_can_be_cancelled(root):
    dead = fail()
    tried = fail(count=2, move=Move.RETRY, run_after=time.time() + 60)
    path = f"{LIST}{FP}/do/cancel/"

    assert "<strong>2</strong> of 2 chosen tasks" in text_of(root, path)
    root.post(path, {"confirmed": "cancel"})

    worked(Operation.objects.get())
    assert {reload(task).state for task in tried} == {State.REVOKED}
    assert reload(dead[0]).state == State.FAILURE


def test_acting_wants_the_permission_of_its_verb_and_a_known_one(root):
    fail()
    ann = client_of(VIEW, "jobs.requeue_task", TRIAGE)

    for send in (ann.get, ann.post):
        assert send(f"{LIST}{FP}/do/discard/").status_code == 403
        assert send(f"{LIST}{FP}/do/requeue/").status_code == 200
    assert root.get(f"{LIST}{FP}/do/explode/").status_code == 404
    assert not Operation.objects.exists()

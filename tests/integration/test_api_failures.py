"""Failures over HTTP."""

import pytest
from django.contrib.auth.models import User

from jobs.api.answers.failures import FailureHistoryAnswer, FailurePage
from jobs.domain.fingerprint import FailureGroup
from jobs.models import Failure
from tests.support.api import Caller, fields_of, problem_of
from tests.support.authority import grant
from tests.support.failures import GROUP, fail, make_failure
from tests.support.rows import ago
from tests.support.staff import client_of

pytestmark = pytest.mark.django_db

FP = GROUP.fingerprint
PATH = f"failures/{FP}"


@pytest.fixture
def ann():
    """She may see all and decide about failures."""
    return Caller(client_of("jobs.view_task", "jobs.view_payload", "jobs.triage_failures"))


def test_a_group_is_told_with_its_numbers(api):
    # given
    tasks = fail(count=2, release="r1", error="KeyError: password=hunter2")

    # when
    (listed,) = api.get("failures").json()["failures"]
    alone = api.get(PATH).json()

    # then
    assert alone == listed | {"history": []}
    FailureHistoryAnswer.model_validate(alone)
    told = {name: alone[name] for name in ("task_type", "exception", "frame", "title", "status")}
    assert told == {
        "task_type": "add",
        "exception": "builtins.KeyError",
        "frame": "shop.orders:charge",
        "title": "KeyError in shop.orders:charge",
        "status": "new",
    }
    assert (alone["occurrences"], alone["given_up"], alone["dead_letters"]) == (2, 2, 2)
    assert (alone["occurrences_1h"], alone["occurrences_7d"], alone["retrying"]) == (2, 2, 0)
    assert alone["last_task_id"] in {str(task.pk) for task in tasks}
    assert alone["message"] == "KeyError: password=[redacted]"


def test_a_message_is_for_those_who_may_see_payloads():
    fail()
    viewer = Caller(client_of("jobs.view_task"))

    assert viewer.get(PATH).json()["message"] is None
    assert viewer.get("failures").json()["failures"][0]["message"] is None


def test_groups_come_page_by_page_and_narrowed(api):
    # given
    for number in range(5):
        group = FailureGroup("add", f"shop.Error{number}")
        status = "muted" if number == 3 else "new"
        make_failure(group, last_seen=ago(number), status=status, last_release=f"r{number}")

    # when
    pages = [api.get("failures", limit=2, status="new,regressed").json()]
    while pages[-1]["next"]:
        pages.append(api.client.get(pages[-1]["next"]).json())

    # then
    for page in pages:
        FailurePage.model_validate(page)
    names = [[failure["exception"][-1] for failure in page["failures"]] for page in pages]
    assert names == [["0", "1"], ["2", "4"]]
    for query in ({"exception": "error3"}, {"release": "r3"}, {"status": "muted"}):
        assert [each["exception"] for each in api.get("failures", **query).json()["failures"]] == [
            "shop.Error3"
        ]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "broken"}, "status"),
        ({"cursor": "1"}, "cursor"),
        ({"limit": 101}, "limit"),
        ({"seen_after": "yesterday"}, "seen_after"),
        ({"exception": "a\0"}, "exception"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_bad_query_is_told_by_field(api, query, field):
    assert fields_of(problem_of(api.get("failures", **query), 400, "invalid_input")) == [field]


@pytest.mark.parametrize(
    ("verb", "status"),
    [
        ("acknowledge", "acknowledged"),
        ("mute", "muted"),
        ("resolve", "resolved"),
        ("reopen", "new"),
    ],
)
def test_a_decision_is_kept_with_who_and_why(ann, verb, status):
    make_failure(status="regressed")

    answer = ann.post(f"{PATH}/{verb}", {"reason": "it is known"}).json()

    assert (answer["status"], Failure.objects.get().status) == (status, status)
    (line,) = ann.get(PATH).json()["history"]
    assert (line["change"], line["actor"], line["reason"]) == (status, "ada", "it is known")


def test_a_group_is_assigned_and_has_a_note(ann):
    make_failure()
    User.objects.create_user("bob")

    assert ann.post(f"{PATH}/assign", {"assignee": "bob"}).json()["assignee"] == "bob"
    assert ann.post(f"{PATH}/assign", {"assignee": None}).json()["assignee"] is None
    assert ann.post(f"{PATH}/note", {"note": "See ticket 7"}).json()["note"] == "See ticket 7"

    changes = [line["change"] for line in ann.get(PATH).json()["history"]]
    assert changes == ["note", "assigned to nobody", "assigned to bob"]


def test_an_assignee_who_is_not_there_is_named(ann):
    make_failure()

    problem = problem_of(ann.post(f"{PATH}/assign", {"assignee": "eve"}), 400, "invalid_option")

    assert fields_of(problem) == ["assignee"]


def test_a_group_that_is_not_there_is_404_and_no_fingerprint_a_400(ann):
    for path in (f"failures/{'0' * 16}", f"failures/{'0' * 16}/mute"):
        send = ann.get if path.endswith("0") else ann.post
        problem_of(send(path), 404, "failure_not_found")
    assert fields_of(problem_of(ann.get("failures/x"), 400, "invalid_input")) == ["fingerprint"]


def test_tasks_are_listed_and_acted_on_by_their_group(client):
    # given
    user = User.objects.create_user("ann")
    grant(user, "view_task", "requeue_task")
    client.force_login(user)
    caller = Caller(client)
    tasks = fail(count=2)
    fail(group=FailureGroup("add", "shop.Other"))

    # then
    ids = [task["task_id"] for task in caller.get("tasks", failure=FP).json()["tasks"]]
    assert ids == [str(task.pk) for task in reversed(tasks)]
    body = {"action": "requeue", "filter": {"failure": FP, "status": "failed"}, "dry_run": True}
    assert caller.post("tasks/actions", body).json()["allowed"] == 2
    problem = problem_of(caller.get("tasks", failure="x"), 400, "invalid_input")
    assert fields_of(problem) == ["failure"]

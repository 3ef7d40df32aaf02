"""What operators did, over HTTP."""

from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.domain.audit import Door, Verb
from jobs.services.audit import entered, through
from tests.support.api import fields_of, problem_of
from tests.support.authority import bearer, make_token, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor():
    return bearer(make_token(make_user("view_audit"), read_only=True))


def did(verb=Verb.QUEUE_PAUSE, subject_id="low", actor="ann", door=Door.ADMIN):
    with through(door):
        entered(verb, subject_id, actor=actor, reason="why", before={"a": 1}, after={"a": 2})


def subjects(answer):
    return [entry["subject_id"] for entry in answer.json()["entries"]]


def test_an_entry_tells_all_there_is_to_know(auditor):
    # given
    did()

    # then
    entry = auditor.get("audit", actor="ann").json()["entries"][0]
    assert entry.pop("id")
    assert entry.pop("at")
    assert entry == {
        "actor": "ann",
        "address": None,
        "token": None,
        "door": "admin",
        "verb": "queue.pause",
        "subject": "queue",
        "subject_id": "low",
        "filter": None,
        "count": 1,
        "reason": "why",
        "before": {"a": 1},
        "after": {"a": 2},
    }


def test_the_newest_come_first_page_by_page(auditor):
    # given
    for number in range(5):
        did(subject_id=str(number))

    # when
    first = auditor.get("audit", actor="ann", limit=2)
    second = auditor.client.get(first.json()["next"])
    third = auditor.client.get(second.json()["next"])

    # then
    assert [subjects(page) for page in (first, second, third)] == [["4", "3"], ["2", "1"], ["0"]]
    assert third.json()["next"] is None


@pytest.mark.parametrize(
    "query",
    [
        {"actor": "bob"},
        {"verb": "task.cancel"},
        {"subject": "task"},
        {"subject_id": "t1"},
        {"door": "command"},
        {"subject": "task", "subject_id": "t1", "actor": "bob"},
    ],
)
def test_each_filter_narrows(auditor, query):
    did()
    did(Verb.TASK_CANCEL, "t1", actor="bob", door=Door.COMMAND)
    did()

    assert subjects(auditor.get("audit", **query)) == ["t1"]


def test_a_time_narrows(auditor):
    # given
    did()
    now = timezone.now()
    hour = timedelta(hours=1)

    # then
    assert subjects(auditor.get("audit", actor="ann", since=(now - hour).isoformat())) == ["low"]
    assert subjects(auditor.get("audit", actor="ann", since=(now + hour).isoformat())) == []
    assert subjects(auditor.get("audit", actor="ann", until=(now - hour).isoformat())) == []
    assert subjects(auditor.get("audit", actor="ann", until=(now + hour).isoformat())) == ["low"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("verb", "queue.burn"),
        ("subject", "queues"),
        ("door", "window"),
        ("since", "yesterday"),
        ("actor", "a\0b"),
        ("limit", "0"),
        ("cursor", "x"),
        ("who", "ann"),
    ],
)
def test_what_cannot_be_meant_is_one_clear_error(auditor, field, value):
    problem = problem_of(auditor.get("audit", **{field: value}), 400, "invalid_input")

    assert fields_of(problem) == [field]


def test_who_may_not_see_it_is_told_which_permission_it_takes():
    answer = bearer(make_token(make_user("view_task"))).get("audit")

    assert "jobs.view_audit" in problem_of(answer, 403, "permission_denied")["detail"]


def test_nobody_without_an_account_sees_it_also_in_development(api):
    assert api.get("audit").status_code in {401, 403}


def test_a_page_costs_one_query(auditor, django_assert_num_queries):
    for _ in range(20):
        did()
    auditor.get("audit")

    with django_assert_num_queries(1):
        auditor.get("audit", verb="queue.pause", subject_id="low")

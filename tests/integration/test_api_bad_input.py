"""What the API refuses, and that nothing is written then."""

import re
from typing import Any

import pytest

from jobs.conf import get_conf
from jobs.models import Task
from tests.support.api import EMAIL, Caller, fields_of, problem_of
from tests.support.rows import make_task

pytestmark = pytest.mark.django_db

ADD = {"name": "add", "args": [1, 2]}
ACT = {"action": "cancel", "filter": {"queue": "low"}}
NAMES_A_FIELD: dict[str, tuple[dict[str, Any], str]] = {
    "no task type": ({"args": [1, 2]}, "task_type"),
    "an empty task type": ({"task_type": ""}, "task_type"),
    "an unknown task type": ({"task_type": "nothing"}, "task_type"),
    "a task type that is no text": ({"task_type": 7}, "task_type"),
    "a NUL in the task type": ({"task_type": "add\0"}, "task_type"),
    "two task types": ({"task_type": "add", "name": "add", "args": [1, 2]}, "name"),
    "an unknown field": (ADD | {"prority": "high"}, "prority"),
    "a field of a later release": (ADD | {"workflow": "w"}, "workflow"),
    "an unknown priority": (ADD | {"priority": "urgent"}, "priority"),
    "a priority that is no text": (ADD | {"priority": 1}, "priority"),
    "an unknown queue": (ADD | {"queue": "urgent"}, "queue"),
    "queue and priority": (ADD | {"queue": "low", "priority": "low"}, "queue"),
    "kwargs and payload": ({"name": "add", "kwargs": {}, "payload": {}}, "payload"),
    "payload and data": ({"name": "process", "payload": {}, "data": 1}, "data"),
    "args and data": ({"name": "process", "args": [1], "data": 1}, "data"),
    "args that are no list": ({"name": "add", "args": {"x": 1}}, "args"),
    "kwargs that are no object": ({"name": "add", "kwargs": [1]}, "kwargs"),
    "a payload that is no object": ({"name": "add", "payload": "x"}, "payload"),
    "a missing argument": (
        {"name": "send_email", "payload": {"to": "a", "body": "b"}},
        "payload.subject",
    ),
    "an unknown argument": ({"name": "send_email", "payload": EMAIL | {"cc": "x"}}, "payload.cc"),
    "an argument of the wrong kind": (
        {"name": "send_email", "payload": EMAIL | {"to": 7}},
        "payload.to",
    ),
    "too many positional arguments": ({"name": "add", "args": [1, 2, 3]}, "args"),
    "an argument given twice": ({"name": "add", "args": [1], "kwargs": {"x": 1}}, "payload.x"),
    "a NUL in a payload": ({"name": "process", "data": "a\0b"}, "payload.data"),
    "a NUL in a key of a payload": ({"name": "process", "data": {"a\0": 1}}, "payload.data"),
    "fewer than no retries": (ADD | {"max_retries": -1}, "max_retries"),
    "too many retries": (ADD | {"max_retries": 1001}, "max_retries"),
    "half a retry": (ADD | {"max_retries": 1.5}, "max_retries"),
    "a truth value for retries": (ADD | {"max_retries": True}, "max_retries"),
    "a time limit of nothing": (ADD | {"timeout_seconds": 0}, "timeout_seconds"),
    "a time limit above a week": (ADD | {"timeout_seconds": 604_801}, "timeout_seconds"),
    "a time limit in words": (ADD | {"timeout_seconds": "60"}, "timeout_seconds"),
    "a delay into the past": (ADD | {"delay_seconds": -1}, "delay_seconds"),
    "a delay beyond ten years": (ADD | {"delay_seconds": 1e12}, "delay_seconds"),
    "delay and moment": (ADD | {"delay_seconds": 1, "run_after": "2090-01-01T00:00Z"}, "run_after"),
    "a moment without a time zone": (ADD | {"run_after": "2090-01-01T00:00:00"}, "run_after"),
    "a moment as a number": (ADD | {"run_after": 3_000_000_000}, "run_after"),
    "no moment at all": (ADD | {"run_after": "soon"}, "run_after"),
    "a month that is none": (ADD | {"run_after": "2090-13-01T00:00:00Z"}, "run_after"),
    "a moment after the last year": (ADD | {"run_after": "9999-12-31T23:00:00-10:00"}, "run_after"),
    "an expiry in the past": (ADD | {"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
}


@pytest.mark.parametrize(("body", "field"), NAMES_A_FIELD.values(), ids=NAMES_A_FIELD)
def test_bad_input_is_refused_by_the_name_of_its_field(api, body, field):
    response = api.post("tasks", body)

    assert response.status_code == 400, response.content
    problem = problem_of(response, 400, response.json()["code"])
    assert fields_of(problem) == [field]
    assert not Task.objects.exists()


def test_every_bad_field_is_named_at_once(api):
    response = api.post("tasks", ADD | {"priority": "urgent", "max_retries": "3", "tag": "x"})

    problem = problem_of(response, 400, "invalid_input")
    assert sorted(fields_of(problem)) == ["max_retries", "priority", "tag"]


def test_an_error_says_what_was_given_and_what_is_allowed(api):
    response = api.post("tasks", ADD | {"priority": "urgent"})

    (error,) = problem_of(response, 400, "invalid_input")["errors"]
    assert error["message"] == "must be 'high', 'default', 'normal' or 'low', not 'urgent'"


NOT_JSON = {
    "an empty text": b" ",
    "broken": b'{"name": "add"',
    "two documents": b"{} {}",
    "NaN": b'{"name": "add", "args": [NaN, 1]}',
    "Infinity": b'{"name": "add", "args": [-Infinity, 1]}',
    "half a surrogate pair": b'{"name": "process", "data": "\\ud800"}',
    "bad UTF-8": b'{"name": "process", "data": "\xff"}',
    "a control character": b'{"name": "process", "data": "\x01"}',
    "a byte order mark": b'\xef\xbb\xbf{"name": "add"}',
    "nested far too deep": b'{"name": "process", "data": ' + b"[" * 5000 + b"]" * 5000 + b"}",
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON)
def test_what_is_not_strict_json_is_refused(api, body):
    problem_of(api.send("POST", "tasks", body), 400, "parse_error")

    assert not Task.objects.exists()


@pytest.mark.parametrize("body", [b"[]", b'"add"', b"7", b"null", b"true"])
def test_a_body_that_is_no_object_is_refused(api, body):
    problem = problem_of(api.send("POST", "tasks", body), 400, "invalid_input")

    assert fields_of(problem) == ["body"]


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b"1e400", "payload.data"),
        (b"[-1e999]", "payload.data"),
        (b"[" * 65 + b"]" * 65, "args"),
    ],
    ids=["not finite", "not finite, inside", "65 levels deep"],
)
def test_a_payload_that_some_layer_could_not_read_back_is_refused(api, data, field):
    body = b'{"name": "process", "data": ' + data + b"}"

    problem = problem_of(api.send("POST", "tasks", body), 400, "invalid_arguments")

    assert fields_of(problem) == [field]
    assert not Task.objects.exists()


def test_arguments_of_more_than_256_kib_are_refused_and_those_below_taken(api):
    limit = get_conf().argument_limit_bytes
    assert limit == 256 * 1024

    too_large = api.post("tasks", {"name": "process", "data": "x" * limit})
    fitting = api.post("tasks", {"name": "process", "data": "x" * (limit - 100)})

    assert too_large.status_code == 400
    assert fields_of(too_large.json()) == ["payload"]
    assert fitting.status_code == 202
    assert Task.objects.count() == 1


@pytest.mark.parametrize(("path", "limit"), [("tasks", 2**20), ("tasks/bulk", 2**24)])
def test_a_body_that_is_too_large_is_413(api, path, limit):
    response = api.send("POST", path, b" " * (limit + 1))

    problem_of(response, 413, "body_too_large")


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""],
)
def test_a_body_that_is_not_declared_as_json_is_415(api, content_type):
    response = api.send("POST", "tasks", b'{"name": "add"}', content_type)

    assert "application/json" in problem_of(response, 415, "unsupported_media_type")["detail"]


def test_json_may_name_its_encoding(api):
    body = b'{"name": "add", "args": [1, 2]}'

    response = api.send("POST", "tasks", body, "Application/JSON; charset=utf-8")

    assert response.status_code == 202


def test_a_long_value_is_not_echoed_at_length(api):
    response = api.post("tasks", ADD | {"priority": "x" * 100_000, "y" * 100_000: 1})

    assert len(response.content) < 2000


IDS = ["1", "nothing", "019a-", "{019aa4c6-8b0e-7c3e-9c1f-0123456789ab}", "%00", "x" * 5000]


@pytest.mark.parametrize("task_id", IDS)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "tasks/{}"),
        ("GET", "tasks/{}/explain"),
        ("POST", "tasks/{}/cancel"),
        ("DELETE", "tasks/{}/cancel"),
        ("DELETE", "tasks/{}"),
        ("POST", "tasks/{}/requeue"),
        ("POST", "dead-letter/{}/requeue"),
    ],
)
def test_an_id_that_is_no_uuid_is_refused_by_name(api, method, path, task_id):
    response = api.send(method, path.format(task_id))

    assert fields_of(problem_of(response, 400, "invalid_input")) == ["task_id"]


QUERIES = {
    "status": "nothing",
    "queue": "urgent",
    "limit": "0",
    "created_after": "yesterday",
    "created_before": "2030-01-01",
    "cursor": "1",
    "colour": "red",
    "task_type": "a\0b",
    "worker": "a\0b",
}


@pytest.mark.parametrize(("field", "value"), QUERIES.items())
def test_a_bad_filter_is_refused_by_name(api, field, value):
    make_task()

    response = api.get("tasks", **{field: value})

    assert fields_of(problem_of(response, 400, "invalid_input")) == [field]


@pytest.mark.parametrize("limit", ["501", "-1", "ten", "1.5", ""])
def test_a_page_has_from_one_to_five_hundred_tasks(api, limit):
    response = api.get("tasks", limit=limit)

    assert fields_of(problem_of(response, 400, "invalid_input")) == ["limit"]


def test_a_filter_that_is_given_twice_is_refused(api):
    response = api.get("tasks?queue=high&queue=low")

    assert fields_of(problem_of(response, 400, "invalid_input")) == ["queue"]


@pytest.mark.parametrize("body", [{"reason": 7}, {"reason": "x" * 1001}, {"reason": "a\0b"}])
def test_a_reason_is_a_text_that_can_be_kept(api, body):
    task = make_task()

    response = api.post(f"tasks/{task.pk}/cancel", body)

    assert fields_of(problem_of(response, 400, "invalid_input")) == ["reason"]
    assert Task.objects.get().state == "PENDING"


@pytest.mark.parametrize(
    ("address", "form", "rest"),
    [
        ("tasks/{}/cancel", "ReasonForm", {}),
        ("tasks/{}/rerun", "RerunForm", {}),
        ("tasks/actions", "ActionForm", ACT),
        ("queues/low/pause", "PauseForm", {}),
        ("task-types/add/pause", "PauseForm", {}),
    ],
)
def test_a_reason_that_no_database_can_store_is_refused_and_described_as_such(
    root, address, form, rest
):
    # given what the description says of the reason
    api = Caller(root)
    described = api.get("schema").json()["components"]["schemas"][form]["properties"]["reason"]

    # when it holds a NUL
    response = api.post(address.format(make_task().pk), rest | {"reason": "a\0b"})

    # then the description does not allow it either
    assert fields_of(problem_of(response, 400, "invalid_input")) == ["reason"]
    assert re.search(described["pattern"], "a\nb")
    assert not re.search(described["pattern"], "a\0b")

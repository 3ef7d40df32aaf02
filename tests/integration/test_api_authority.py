"""Who may do what: every verb for every kind of caller."""

import orjson
import pytest
from django.contrib.auth.models import User
from django.test import Client

from jobs.conf import get_conf
from jobs.domain.states import State
from jobs.models import FailureChange, QueuePause, Task, TypePause
from tests.support.api import Caller, problem_of
from tests.support.authority import grant
from tests.support.failures import make_failure
from tests.support.rows import make_task

pytestmark = pytest.mark.django_db

#: call -> (method, path, permission, whether anonymous callers may in development, good answer)
VERBS = {
    "submit": ("POST", "tasks/submit", "submit_task", True, 202),
    "create": ("POST", "tasks", "submit_task", True, 202),
    "bulk": ("POST", "tasks/bulk", "submit_task", True, 202),
    "list": ("GET", "tasks", "view_task", True, 200),
    "show": ("GET", "tasks/{waiting}", "view_task", True, 200),
    "explain": ("GET", "tasks/{waiting}/explain", "view_task", True, 200),
    "cancel": ("POST", "tasks/{waiting}/cancel", "cancel_task", True, 200),
    "delete": ("DELETE", "tasks/{waiting}/cancel", "cancel_task", True, 200),
    "delete task": ("DELETE", "tasks/{waiting}", "cancel_task", True, 200),
    "requeue": ("POST", "tasks/{failed}/requeue", "requeue_task", True, 202),
    "act": ("POST", "tasks/actions", "requeue_task", True, 202),
    "operations": ("GET", "operations", "view_task", True, 200),
    "dead letters": ("GET", "dead-letter", "view_task", True, 200),
    "requeue a dead letter": ("POST", "dead-letter/{failed}/requeue", "requeue_task", True, 202),
    "discard": ("DELETE", "dead-letter/{failed}", "discard_task", False, 200),
    "queues": ("GET", "queues", "view_task", True, 200),
    "queue": ("GET", "queues/low", "view_task", True, 200),
    "pause a queue": ("POST", "queues/low/pause", "pause_queue", False, 200),
    "resume a queue": ("POST", "queues/low/resume", "pause_queue", False, 200),
    "pause a type": ("POST", "task-types/add/pause", "pause_queue", False, 200),
    "resume a type": ("POST", "task-types/add/resume", "pause_queue", False, 200),
    "failures": ("GET", "failures", "view_task", True, 200),
    "failure": ("GET", "failures/{failure}", "view_task", True, 200),
    "acknowledge": ("POST", "failures/{failure}/acknowledge", "triage_failures", False, 200),
    "mute": ("POST", "failures/{failure}/mute", "triage_failures", False, 200),
    "resolve": ("POST", "failures/{failure}/resolve", "triage_failures", False, 200),
    "reopen": ("POST", "failures/{failure}/reopen", "triage_failures", False, 200),
    "assign": ("POST", "failures/{failure}/assign", "triage_failures", False, 200),
    "note": ("POST", "failures/{failure}/note", "triage_failures", False, 200),
    "lengths": ("GET", "queue/stats", "view_task", True, 200),
    "workers": ("GET", "workers", "view_task", True, 200),
    "stats": ("GET", "workers/stats", "view_task", True, 200),
    "types": ("GET", "task-types", "view_task", True, 200),
}
BODIES = {
    "assign": {"assignee": None},
    "note": {"note": "See ticket 7"},
    "act": {"action": "requeue", "filter": {"status": "failed"}},
    "pause a queue": {"reason": "lunch"},
    "pause a type": {"reason": "lunch"},
    "submit": {"name": "add", "args": [1, 2]},
    "create": {"name": "add", "args": [1, 2]},
    "bulk": {"tasks": [{"name": "add", "args": [1, 2]}]},
}
each_verb = pytest.mark.parametrize("verb", VERBS)


@pytest.fixture
def tasks():
    return {
        "waiting": make_task().pk,
        "failed": make_task(state=State.FAILURE).pk,
        "failure": make_failure().pk,
    }


@pytest.fixture
def user(client):
    user = User.objects.create_user("ada")
    client.force_login(user)
    return user


@pytest.fixture
def production(settings):
    settings.JOBS = settings.JOBS | {"ANONYMOUS_ACCESS": False}
    assert not get_conf().anonymous_access


def call(caller, verb, tasks, **extra):
    method, path, *_ = VERBS[verb]
    body = BODIES.get(verb)
    return caller.send(method, path.format(**tasks), orjson.dumps(body) if body else b"", **extra)


def untouched(tasks):
    others = any(kept.objects.exists() for kept in (QueuePause, TypePause, FailureChange))
    return not others and set(Task.objects.values_list("pk", "state", "discarded_at")) == {
        (tasks["waiting"], "PENDING", None),
        (tasks["failed"], "FAILURE", None),
    }


@each_verb
def test_anonymous_callers_may_do_what_development_allows(api, tasks, verb):
    response = call(api, verb, tasks)

    *_, allowed, status = VERBS[verb]
    if allowed:
        assert response.status_code == status, response.content
    else:
        problem_of(response, 401, "not_authenticated")
        assert untouched(tasks)


@each_verb
@pytest.mark.usefixtures("production")
def test_anonymous_callers_may_do_nothing_elsewhere(api, tasks, verb):
    response = call(api, verb, tasks)

    problem_of(response, 401, "not_authenticated")
    assert "WWW-Authenticate" in response.headers
    assert untouched(tasks)


@each_verb
@pytest.mark.parametrize(
    "extra",
    [
        {"REMOTE_ADDR": "192.0.2.7"},
        {"REMOTE_ADDR": "not an address"},
        {"HTTP_X_FORWARDED_FOR": "127.0.0.1"},
        {"HTTP_FORWARDED": "for=127.0.0.1"},
    ],
    ids=["another machine", "unknown", "a proxy", "a proxy, by the standard"],
)
def test_anonymous_callers_must_come_from_this_machine(api, tasks, verb, extra):
    problem_of(call(api, verb, tasks, **extra), 401, "not_authenticated")

    assert untouched(tasks)


@pytest.mark.parametrize("verb", ["submit", "cancel", "delete", "requeue"])
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://testserver.evil.example"]
)
def test_other_sites_pages_cannot_use_anonymous_access(api, tasks, verb, origin):
    problem_of(call(api, verb, tasks, HTTP_ORIGIN=origin), 401, "not_authenticated")

    assert untouched(tasks)


def test_pages_of_this_site_can_use_anonymous_access(api, tasks):
    assert call(api, "cancel", tasks, HTTP_ORIGIN="http://testserver").status_code == 200


@each_verb
@pytest.mark.usefixtures("user")
def test_a_user_without_the_permission_is_refused(api, tasks, verb):
    response = call(api, verb, tasks)

    problem_of(response, 403, "permission_denied")
    assert untouched(tasks)


@each_verb
def test_every_other_permission_does_not_help(api, user, tasks, verb):
    _, _, permission, *_ = VERBS[verb]
    others = {other for _, _, other, *_ in VERBS.values()} | {"view_payload", "change_task"}
    grant(user, *others - {permission})

    problem_of(call(api, verb, tasks), 403, "permission_denied")

    assert untouched(tasks)


@each_verb
@pytest.mark.usefixtures("production")
def test_a_user_with_the_permission_is_let_in(api, user, tasks, verb):
    _, _, permission, _, status = VERBS[verb]
    grant(user, permission)

    response = call(api, verb, tasks)

    assert response.status_code == status, response.content


@pytest.mark.usefixtures("production")
def test_head_asks_for_the_permission_of_get(api, tasks, user):
    assert api.send("HEAD", "tasks").status_code == 403

    grant(user, "view_task")

    assert api.send("HEAD", "tasks").status_code == 200


def test_a_user_that_was_switched_off_is_nobody(api, user, tasks):
    grant(user, "view_task")
    user.is_active = False
    user.save()

    response = call(api, "list", tasks, HTTP_X_FORWARDED_FOR="192.0.2.7")

    problem_of(response, 401, "not_authenticated")


def test_a_session_needs_its_csrf_token_to_change_anything(user, tasks):
    # given a client that checks, as browsers' requests are checked
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user)
    grant(user, "submit_task", "view_task")

    # then
    problem_of(call(Caller(strict), "submit", tasks), 403, "csrf_failed")
    assert untouched(tasks)
    assert call(Caller(strict), "list", tasks).status_code == 200

    # and with the token it works
    strict.get("/admin/login/")
    strict.cookies["csrftoken"] = token = "x" * 32
    response = call(Caller(strict), "submit", tasks, HTTP_X_CSRFTOKEN=token)
    assert response.status_code == 202


def test_what_a_user_did_is_kept_under_the_users_name(api, user, tasks):
    grant(user, "submit_task")

    answer = call(api, "submit", tasks).json()

    assert Task.objects.get(pk=answer["task_id"]).submitted_by == "ada"


def secrets_of(answer):
    shown = [answer, *answer.get("attempts", [])]
    fields = ("args", "kwargs", "result", "error", "traceback", "log", "progress")
    return {facts[field] for facts in shown for field in fields if field in facts}


@pytest.mark.parametrize("path", ["tasks", "tasks/{}", "dead-letter"])
def test_payloads_are_withheld_without_their_permission(api, user, path):
    # given a task that is full of secrets
    task = make_task(
        state=State.FAILURE,
        args=["secret"],
        kwargs={"x": "secret"},
        result="secret",
        error="secret",
        progress={"current": 1, "total": 2, "percent": 50.0, "message": "secret"},
        attempt_count=1,
    )
    task.attempts.create(
        number=1,
        fence=1,
        outcome="failed",
        finished_at=task.created_at,
        error="secret",
        traceback="secret",
        log="secret",
    )
    grant(user, "view_task")

    # when
    response = api.get(path.format(task.pk))

    # then
    assert b"secret" not in response.content
    answer = response.json()
    shown = answer["tasks"][0] if "tasks" in answer else answer
    assert shown["withheld"] is True
    assert shown["task_id"] == str(task.pk)

    # and with the permission all is there
    grant(user, "view_task", "view_payload")
    response = api.get(path.format(task.pk))
    assert b"secret" in response.content
    assert b"withheld" not in response.content


def test_an_explanation_tells_no_error(api, user):
    task = make_task(state=State.FAILURE, error="secret")
    grant(user, "view_task")

    response = api.get(f"tasks/{task.pk}/explain")

    assert response.status_code == 200
    assert b"secret" not in response.content

"""Programs call the API with tokens."""

import time
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from jobs.api import callers
from jobs.models import ApiToken, Task
from jobs.services.tokens import revoke_tokens
from tests.support.api import Caller, problem_of
from tests.support.authority import bearer, grant, make_token, make_user
from tests.support.rows import ago, make_task

pytestmark = pytest.mark.django_db

ADD = {"name": "add", "args": [1, 2]}


@pytest.fixture(autouse=True)
def _nobody_is_remembered():
    callers.forget_callers()


@pytest.fixture
def user():
    return make_user("view_task", "submit_task")


@pytest.fixture
def token(user):
    return make_token(user)


def test_a_token_opens_what_its_user_may_and_no_more(user, token):
    program = bearer(token)

    answer = program.post("tasks", ADD)

    assert answer.status_code == 202, answer.content
    assert Task.objects.get().submitted_by == user.username
    problem_of(program.post(f"tasks/{Task.objects.get().pk}/cancel"), 403, "permission_denied")


def test_a_program_needs_no_csrf_token(token):
    strict = Client(
        enforce_csrf_checks=True,
        headers={"Authorization": f"Bearer {token}", "Origin": "https://elsewhere.example"},
    )

    assert Caller(strict).post("tasks", ADD).status_code == 202


def test_the_scheme_may_be_spelled_in_any_case(token):
    caller = Caller(Client(headers={"Authorization": f"bEARER  {token} "}))

    assert caller.get("tasks").status_code == 200


def test_a_user_may_have_several_tokens(user, django_capture_on_commit_callbacks):
    first, second = make_token(user, name="first"), make_token(user, name="second")
    assert bearer(first).get("tasks").status_code == 200

    with django_capture_on_commit_callbacks(execute=True):
        revoke_tokens(token_ids=[ApiToken.objects.get(name="first").pk])

    problem_of(bearer(first).get("tasks"), 401, "token_revoked")
    assert bearer(second).get("tasks").status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer tq_",
        "Bearer " + "x" * 5000,
        f"Bearer tq_{'0' * 48}",
        "Bearer ü",
    ],
)
def test_a_token_that_does_not_exist_is_401_also_where_anybody_may_come_in(client, header):
    response = Caller(client).send("GET", "tasks", HTTP_AUTHORIZATION=header)

    problem_of(response, 401, "token_unknown")
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_that_cannot_be_one_costs_no_query(django_assert_num_queries):
    with django_assert_num_queries(0):
        problem_of(bearer("tq_nothing").get("tasks"), 401, "token_unknown")


def test_another_scheme_is_not_about_tokens(client, settings):
    settings.JOBS = settings.JOBS | {"ANONYMOUS_ACCESS": False}

    response = Caller(client).send("GET", "tasks", HTTP_AUTHORIZATION="Basic YWRhOmFkYQ==")

    problem_of(response, 401, "not_authenticated")
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_an_expired_token_is_401(user, token):
    ApiToken.objects.update(expires_at=ago(1))

    response = bearer(token).get("tasks")

    problem_of(response, 401, "token_expired")
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_token_is_not_remembered_beyond_its_end(token):
    ApiToken.objects.update(expires_at=timezone.now() + timedelta(milliseconds=300))
    program = bearer(token)
    assert program.get("tasks").status_code == 200

    # then not at a moment after the token's end, which lies well within the usual seconds
    assert callers.tokens.get(token, now=time.monotonic() + 0.3) is None


def test_a_revoked_token_is_401_at_once_in_the_process_that_revokes_it(
    token, django_capture_on_commit_callbacks
):
    program = bearer(token)
    assert program.get("tasks").status_code == 200

    with django_capture_on_commit_callbacks(execute=True):
        assert revoke_tokens(token_ids=[ApiToken.objects.get().pk]) == 1

    problem_of(program.get("tasks"), 401, "token_revoked")


def test_revoking_twice_keeps_the_first_moment(token):
    row = ApiToken.objects.get()
    revoke_tokens(token_ids=[row.pk])
    first = ApiToken.objects.get().revoked_at

    assert revoke_tokens(token_ids=[row.pk]) == 0
    assert ApiToken.objects.get().revoked_at == first


def test_a_token_of_a_user_that_was_switched_off_is_401(user, token):
    program = bearer(token)
    assert program.get("tasks").status_code == 200

    user.is_active = False
    user.save()

    problem_of(program.get("tasks"), 401, "user_inactive")


def test_a_deleted_token_is_unknown(token):
    program = bearer(token)
    assert program.get("tasks").status_code == 200

    ApiToken.objects.get().delete()

    problem_of(program.get("tasks"), 401, "token_unknown")


def test_a_token_that_only_reads_does_nothing_else(user):
    grant(user, "view_task", "view_payload", "submit_task", "cancel_task")
    task = make_task(kwargs={"x": 1})
    program = bearer(make_token(user, read_only=True))

    assert program.get(f"tasks/{task.pk}").json()["kwargs"] == {"x": 1}
    refused = problem_of(program.post("tasks", ADD), 403, "permission_denied")
    assert refused["detail"] == "This token may only read."
    problem_of(program.post(f"tasks/{task.pk}/cancel"), 403, "permission_denied")
    assert Task.objects.get().state == "PENDING"


def test_a_refusal_names_the_permission_that_is_missing(token):
    refused = problem_of(
        bearer(token).delete(f"dead-letter/{make_task().pk}"), 403, "permission_denied"
    )

    assert refused["detail"] == "This needs the permission jobs.discard_task."


def test_the_last_use_is_kept_to_the_minute(token):
    # given a token that was used a moment ago
    bearer(token).get("task-types")
    used = ApiToken.objects.get().last_used_at
    assert used is not None

    # when it is used again, by a process that does not remember it
    callers.forget_callers()
    bearer(token).get("task-types")
    assert ApiToken.objects.get().last_used_at == used

    # then only after a minute the new moment is written
    ApiToken.objects.update(last_used_at=ago(61))
    callers.forget_callers()
    bearer(token).get("task-types")
    assert ApiToken.objects.get().last_used_at > used


def test_answers_may_be_kept_by_nobody(token):
    assert bearer(token).get("tasks").headers["Cache-Control"] == "no-store"

"""No token is told after it was made: not by a log, an error, a page or the database."""

import logging

import pytest
from django.views.debug import ExceptionReporter

from jobs.api import callers
from jobs.models import ApiToken
from jobs.services.tokens import revoke_tokens
from tests.support.authority import bearer, make_token, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_is_remembered():
    callers.forget_callers()


@pytest.fixture
def user():
    return make_user("view_task", "submit_task")


@pytest.fixture
def token(user):
    return make_token(user)


def test_a_token_is_never_logged_nor_told(token, caplog, monkeypatch):
    # given calls that succeed, are refused, and fail
    caplog.set_level(logging.DEBUG)
    program = bearer(token)
    program.client.raise_request_exception = False
    program.get("tasks")
    program.post("tasks", {"task_type": "nothing"})
    program.post("tasks/none/cancel")
    program.get("nowhere")
    monkeypatch.setattr("jobs.api.tasks.page", _broken)
    failed = program.get("tasks")
    revoke_tokens(token_ids=[ApiToken.objects.get().pk])
    callers.forget_callers()
    refused = program.get("tasks")

    # then neither the log nor an answer holds it, nor what is kept of it
    assert (failed.status_code, refused.status_code) == (500, 401)
    digest = ApiToken.objects.get().digest
    logged = caplog.text + "".join(repr(vars(record)) for record in caplog.records)
    assert "GET /api/tasks failed" in caplog.text
    for text in (logged, failed.content.decode(), refused.content.decode()):
        assert token not in text
        assert token[11:] not in text
        assert digest not in text


def _broken(*_args, **_kwargs):
    raise RuntimeError("nobody foresaw this")


def test_the_debug_page_hides_the_token(token, rf):
    request = rf.get("/api/tasks", headers={"Authorization": f"Bearer {token}"})
    try:
        _broken(token)
    except RuntimeError as error:
        report = ExceptionReporter(request, type(error), error, error.__traceback__)

    assert token not in report.get_traceback_text()


def test_the_database_holds_no_token(token):
    row = ApiToken.objects.values().get()

    assert token not in repr(row)
    assert token[11:] not in repr(row)

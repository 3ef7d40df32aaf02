"""Callers are remembered for a moment, and forgotten when something about them changes."""

import re

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jobs.api import callers
from tests.support.api import Caller, problem_of
from tests.support.authority import bearer, grant, make_token, make_user

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


def test_who_calls_again_soon_costs_no_query(user, token):
    # given a caller by token, and one by session
    program, browser = bearer(token), Client()
    browser.force_login(user)

    def asked_about_them():
        with CaptureQueriesContext(connection) as asked:
            assert program.get("task-types").status_code == 200
            assert browser.get("/api/task-types").status_code == 200
        return [each["sql"] for each in asked if re.search("auth_|session|apitoken", each["sql"])]

    # then only their first calls ask the database about them
    assert len(asked_about_them()) >= 2
    assert asked_about_them() == []


CHANGES = {
    "its permissions": lambda user: grant(user),
    "the groups it is in": lambda user: user.groups.clear(),
    "its group's permissions": lambda user: user.groups.get().permissions.clear(),
    "its being active": lambda user: _switched_off(user),
    "its being there": lambda user: user.delete(),
}


def _switched_off(user):
    user.is_active = False
    user.save()


@pytest.mark.parametrize("way", ["token", "session"])
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_a_caller_is_seen_at_once(change, way):
    # given a caller who was let in, by its own permission or its group's
    user = make_user(*(["view_task"] if change == "its permissions" else []))
    if change != "its permissions":
        group = Group.objects.create(name="readers")
        group.permissions.set(Permission.objects.filter(codename="view_task"))
        user.groups.add(group)
    caller = bearer(make_token(user))
    if way == "session":
        caller = Caller(Client(REMOTE_ADDR="192.0.2.7"))
        caller.client.force_login(user)
    assert caller.get("task-types").status_code == 200

    # when that is taken away
    CHANGES[change](User.objects.get())

    # then the next call is refused
    assert caller.get("task-types").status_code in {401, 403}


def test_who_logs_out_is_forgotten_at_once(user):
    browser = Client(REMOTE_ADDR="192.0.2.7")
    browser.force_login(user)
    cookie = browser.cookies["sessionid"].value
    assert browser.get("/api/task-types").status_code == 200

    browser.logout()

    # then also somebody who kept the cookie
    browser.cookies["sessionid"] = cookie
    problem_of(Caller(browser).get("task-types"), 401, "not_authenticated")


def test_a_remembered_session_needs_its_csrf_token_each_time(user):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user)
    assert strict.get("/api/tasks").status_code == 200

    problem_of(Caller(strict).post("tasks", ADD), 403, "csrf_failed")

    strict.cookies["csrftoken"] = "x" * 32
    good = Caller(strict).post("tasks", ADD, HTTP_X_CSRFTOKEN="x" * 32)
    assert good.status_code == 202
    problem_of(Caller(strict).post("tasks", ADD), 403, "csrf_failed")

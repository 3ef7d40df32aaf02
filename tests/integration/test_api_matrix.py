"""Every call of the API for every role: derived from the list of calls, so that none is missed."""

import re
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User

from jobs.api.docs import Schema
from jobs.api.urls import CALLS
from jobs.models import Task
from tests.support.authority import bearer, make_token
from tests.support.roles import ADMIN, OPERATOR, VIEWER
from tests.support.rows import make_task

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]

ROLES = {
    "nobody": set(),
    "viewer": VIEWER,
    "operator": OPERATOR,
    "operator who only reads": {"view_task", "view_payload", "view_audit"},
    "admin": ADMIN,
    "superuser": ADMIN,
}
#: Open to everybody: they tell no facts.
OPEN = {Schema}
METHODS = ("get", "post", "put", "patch", "delete")

SHUT = [(route, view) for route, view, _ in CALLS if view not in OPEN]
MATRIX = [
    (method.upper(), route, view)
    for route, view in SHUT
    for method in METHODS
    if method in view.http_method_names and hasattr(view, method)
]
each_call = pytest.mark.parametrize(
    ("method", "route", "view"), MATRIX, ids=[f"{method} {route}" for method, route, _ in MATRIX]
)


def address(route):
    """Where nothing is: who may is told so, who may not is told nothing."""
    return re.sub(
        r"<\w+:(\w+)>", lambda part: str(uuid4()) if part[1].endswith("_id") else "nothing", route
    )


def caller_of(role):
    user = User.objects.create_user("ada", is_superuser=role == "superuser")
    group = role.split()[0]
    if group in {"viewer", "operator", "admin"}:
        user.groups.add(Group.objects.get(name=group))
    return bearer(make_token(user, read_only=role.endswith("only reads")))


@pytest.mark.parametrize(("route", "view"), SHUT, ids=[route for route, _ in SHUT])
def test_every_method_of_a_call_declares_a_verb_that_somebody_may_be_given(route, view):
    methods = {method for method, other, _ in MATRIX if other == route}

    assert methods == view.verbs.keys()
    assert set(view.verbs.values()) <= ADMIN
    assert {codename for codename, _ in Task._meta.permissions} | VIEWER == ADMIN


@pytest.mark.parametrize("role", ROLES)
@each_call
def test_a_role_may_what_it_may_and_nothing_else(method, route, view, role):
    make_task()
    before = list(Task.objects.values())

    response = caller_of(role).send(method, address(route), b"{}")

    if view.verbs[method] in ROLES[role]:
        assert response.status_code not in {401, 403, 405}, response.content
    else:
        assert response.status_code == 403, response.content
        assert response.json()["code"] == "permission_denied"
    assert list(Task.objects.values()) == before


@each_call
def test_a_stranger_may_nothing(api, settings, method, route, view):
    settings.JOBS = settings.JOBS | {"ANONYMOUS_ACCESS": False}

    response = api.send(method, address(route), b"{}")

    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")

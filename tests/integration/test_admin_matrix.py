"""Every page and action of the operators for every role: derived from the addresses there are."""

from contextlib import contextmanager

import pytest
from django.contrib import admin
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse

from jobs.admin.door import OperatorsAdmin
from jobs.domain.audit import Verb
from jobs.models import AuditEntry
from tests.support import admin_rules, rq_rules
from tests.support.roles import ROLES, STRANGERS, client_in
from tests.support.rules import HARMLESS, NO_METHOD, NOBODY, STAFF, Rule
from tests.support.scene import Scene, make_scene, standing

pytestmark = [pytest.mark.one_database, pytest.mark.django_db]

OURS = {"jobs", "django_rq"}
RULES = admin_rules.RULES | rq_rules.RULES


def admins():
    """Our pages, by their models."""
    for model, model_admin in admin.site._registry.items():
        if model._meta.app_label in OURS:
            yield model, model_admin


def names():
    """Every address: its name, or that of its model where it has none."""
    for model, model_admin in admins():
        for pattern in model_admin.urls:
            yield pattern.name or f"jobs_{model._meta.model_name}_object"


CASES = [(name, rule) for name, rules in RULES.items() for rule in rules]
each_case = pytest.mark.parametrize(
    ("name", "rule"),
    CASES,
    ids=[f"{name}-{rule.form.get('action') or '-'.join(rule.at.values())}" for name, rule in CASES],
)


def address(name: str, rule: Rule, scene: Scene, role: str) -> str:
    parts = {part: scene.value(value, role) for part, value in rule.at.items()}
    if name.endswith("_object"):
        row = name.replace("_object", "_change")
        return reverse(f"admin:{row}", kwargs=parts).removesuffix("change/")
    return reverse(f"admin:{name}", kwargs=parts)


def outcome(response: HttpResponse) -> str:
    if response.status_code == 302 and response["Location"].startswith("/admin/login/"):
        return "login"
    refusals = {401: "refused", 403: "refused", 405: "no method"}
    assert response.status_code < 500, response.status_code
    return refusals.get(response.status_code, "let in")


def expected(role: str, asked: str, rule: Rule) -> str:
    if role in STRANGERS:
        return "refused" if rule.own_login else "login"
    if asked == NO_METHOD:
        return "no method"
    return "let in" if asked == STAFF or asked in ROLES[role] else "refused"


def test_every_page_has_a_rule_and_every_rule_a_page():
    assert set(names()) == RULES.keys()


def test_every_action_has_a_rule():
    # a site-wide action of Django's, for whoever may delete, and our own
    actions = {
        (f"jobs_{model._meta.model_name}_changelist", action)
        for model, model_admin in admins()
        for _, action, _ in model_admin._get_base_actions()
        if model_admin.actions is not None and action != "delete_selected"
    }
    assert actions
    assert actions <= {(name, rule.form.get("action")) for name, rule in CASES}


def test_every_page_of_ours_is_entered_by_the_admins_door():
    assert [
        model.__name__
        for model, model_admin in admins()
        if not isinstance(model_admin, OperatorsAdmin)
    ] == []


def test_every_rule_asks_for_what_somebody_may_be_given_and_tells_what_is_kept():
    asked = {word for _, rule in CASES for word in (rule.see, rule.do)}
    assert asked <= ROLES["superuser"] | {NOBODY, STAFF, NO_METHOD, HARMLESS}
    assert {verb for _, rule in CASES for verb in rule.kept.split()} <= {*Verb}


@each_case
def test_each_role_may_what_it_may_and_each_deed_leaves_one_entry(name, rule, redis):
    # given
    clients = {role: client_in(role) for role in ROLES}
    scene = make_scene()
    before, there, count = standing(redis), kept_keys(redis), AuditEntry.objects.count()
    urls = {role: address(name, rule, scene, role) for role in ROLES}

    # when everybody looks, then each sees what it may
    for role, client in clients.items():
        looked = client.get(urls[role])
        if rule.see != HARMLESS or role in STRANGERS:
            assert outcome(looked) == expected(role, rule.see, rule), (role, looked.status_code)

    # and when those post who may not do it, or what changes nothing
    doers = {role for role in ROLES if rule.kept and rule.do in ROLES[role]}
    for role in ROLES.keys() - doers:
        posted = clients[role].post(urls[role], rule.posted(scene, role))
        if rule.do != HARMLESS or role in STRANGERS:
            assert outcome(posted) == expected(role, rule.do, rule), (role, said_of(posted))

    # then nothing is done, and nothing kept
    assert standing(redis) == before
    assert entries(count) == []

    # when those post who may, then it is done, and kept once
    for role in doers:
        with undone(redis, there):
            posted = clients[role].post(urls[role], rule.posted(scene, role))
            told = entries(count)
            assert outcome(posted) == "let in", (role, said_of(posted))
            assert [entry.verb for entry in told] == rule.kept.split(), (role, said_of(posted))
            assert {(entry.door, entry.actor) for entry in told} == {("admin", role)}
            assert (standing(redis) == before) is rule.changes_no_row, role


def entries(count):
    """Those since there were so many, the oldest first."""
    return list(AuditEntry.objects.order_by("pk"))[count:]


def kept_keys(redis):
    return {key: redis.dump(key) for key in redis.scan_iter()}


@contextmanager
def undone(redis, there):
    """What is done inside is not done for the next."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    redis.flushdb()
    for key, value in there.items():
        redis.restore(key, 0, value)


def said_of(response: HttpResponse) -> str:
    """What an answer says where a deed that was to be done was not."""
    return f"{response.status_code} {response.content.decode()[:2000]}"

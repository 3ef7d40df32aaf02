"""Each deed of an operator leaves one entry by whatever door; what programs submit leaves none."""

import json
from contextlib import suppress

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from jobs.domain.operations import Action
from jobs.exceptions import TransitionRefused
from jobs.models import ApiToken, AuditEntry, Task, Webhook, WebhookDelivery
from jobs.services.cancel import cancel, cancel_many
from jobs.services.operate import cancel_operation, pause_operation, resume_operation
from tests.support.audit import kept, only_entry
from tests.support.authority import bearer, make_token, make_user
from tests.support.operations import begin, many, worked
from tests.support.rows import make_task
from tests.support.staff import client_of
from tests.support.webhooks import URL

pytestmark = pytest.mark.django_db

ADMIN = "/admin/jobs/"


def forget():
    """From here on."""
    return AuditEntry.objects.count()


def since(count):
    """The entries since then, the oldest first."""
    return list(AuditEntry.objects.order_by("pk"))[count:]


def test_a_verb_in_the_admin_tells_who_whence_why_and_what_it_changed(root):
    # given
    task = make_task(state="FAILURE")

    # when
    root.post(
        f"{ADMIN}task/{task.pk}/do/requeue/",
        {"reason": "gateway is up"},
        REMOTE_ADDR="192.0.2.7",
        headers={"X-Forwarded-For": "6.6.6.6"},
    )

    # then
    entry = only_entry()
    assert (entry.door, entry.verb, entry.subject, entry.subject_id, entry.count) == (
        "admin",
        "task.requeue",
        "task",
        str(task.pk),
        1,
    )
    assert (entry.actor, entry.address, entry.token) == ("root", "192.0.2.7", "")
    assert (entry.reason, entry.before, entry.after) == (
        "gateway is up",
        {"state": "FAILURE"},
        {"state": "PENDING"},
    )
    assert abs((timezone.now() - entry.at).total_seconds()) < 60


def test_many_tasks_are_one_entry_with_their_count(root):
    # given
    tasks = [*many(2, state="PENDING"), *many(1, state="SCHEDULED"), *many(1, state="SUCCESS")]
    ids = [str(task.pk) for task in tasks]

    # when
    root.post(
        f"{ADMIN}task/",
        {
            "action": "cancel_selected",
            "_selected_action": ids,
            "confirmed": "cancel",
            "reason": "no need",
        },
    )

    # then
    entry = only_entry()
    assert (entry.verb, entry.subject_id, entry.count) == ("task.cancel", "", 3)
    assert entry.filter == {"task_ids": sorted(ids[:3])}
    assert entry.before == {"state": {"PENDING": 2, "SCHEDULED": 1}}
    assert entry.after == {"state": "REVOKED"}


def test_what_is_refused_or_changes_nothing_leaves_no_entry(root):
    # given
    ended, queue = make_task(state="SUCCESS"), f"{ADMIN}queuepause/high/"
    root.post(f"{queue}pause/", {"reason": "a deployment"})
    before = forget()

    # when
    root.post(f"{ADMIN}task/{ended.pk}/do/cancel/")
    root.post(f"{queue}pause/", {"reason": "a deployment"})
    root.post(f"{ADMIN}queuepause/low/resume/")
    with pytest.raises(TransitionRefused):
        cancel(task_id=ended.pk, actor="ann")

    # then
    assert since(before) == []


def test_a_pause_and_its_end_tell_its_reason(root):
    # when
    root.post(f"{ADMIN}queuepause/high/pause/", {"reason": "a deployment"})
    root.post(f"{ADMIN}queuepause/high/pause/", {"reason": "a long deployment"})
    root.post(f"{ADMIN}queuepause/high/resume/", {"reason": "done"})

    # then
    begun, anew, ended = since(0)
    assert kept() == [
        ("admin", "queue.pause", "high"),
        ("admin", "queue.pause", "high"),
        ("admin", "queue.resume", "high"),
    ]
    assert begun.after["reason"] == "a deployment"
    assert (anew.before, anew.after) == (
        {"reason": "a deployment"},
        {"reason": "a long deployment"},
    )
    assert (ended.reason, ended.before["paused_by"]) == ("done", "root")


def test_an_operation_is_one_entry_when_it_begins_and_none_for_its_tasks():
    # given
    many(5, state="FAILURE")

    # when
    operation = worked(begin(Action.REQUEUE))

    # then
    assert operation.done_count == 5
    entry = only_entry()
    assert (entry.verb, entry.subject_id) == ("operation.begin", str(operation.pk))
    assert (entry.actor, entry.reason, entry.count) == ("ann", "a test", None)
    assert (entry.filter, entry.after) == ({"status": "FAILURE"}, {"action": "requeue"})


def test_who_stops_an_operation_and_lets_it_go_on_is_kept():
    # given
    operation = begin()

    # when
    pause_operation(operation_id=operation.pk, actor="bob", reason="too many")
    pause_operation(operation_id=operation.pk, actor="bob", reason="too many")
    resume_operation(operation_id=operation.pk, actor="eve")
    cancel_operation(operation_id=operation.pk, actor="eve")

    # then
    told = [(entry.verb, entry.actor, entry.after["state"]) for entry in since(1)]
    assert told == [
        ("operation.pause", "bob", "paused"),
        ("operation.resume", "eve", "running"),
        ("operation.cancel", "eve", "cancelled"),
    ]


def test_a_rerun_tells_the_new_task_and_no_arguments(root):
    # given
    old = make_task(state="FAILURE", kwargs={"x": 1, "y": 2})
    body = {"payload": {"x": 1, "y": 424242}, "priority": "low"}

    # when
    caller = bearer(make_token(make_user("requeue_task", "submit_task")))
    before = forget()
    answer = caller.send("POST", f"tasks/{old.pk}/rerun", json.dumps(body).encode())

    # then
    (entry,) = since(before)
    new = Task.objects.get(parent=old.pk)
    assert answer.status_code == 202
    assert (entry.verb, entry.subject_id) == ("task.rerun", str(old.pk))
    assert entry.after == {"arguments": "others", "queue": "low", "task": str(new.pk)}


def test_tokens_are_kept_by_their_beginnings(root):
    # when
    page = root.post(f"{ADMIN}apitoken/add/", {"user": "1", "name": "nightly"} | _me())
    token = ApiToken.objects.get()
    root.post(
        f"{ADMIN}apitoken/", {"action": "revoke_selected", "_selected_action": [str(token.pk)]}
    )

    # then
    made, revoked = since(0)
    assert page.status_code == 200
    assert (made.verb, made.actor, made.subject_id) == ("token.create", "root", str(token.pk))
    assert made.after["prefix"] == token.prefix
    assert (revoked.verb, revoked.filter) == ("token.revoke", {"prefixes": [token.prefix]})


def _me():
    return {"user": str(User.objects.get(username="root").pk)}


def test_every_change_of_a_webhook_is_kept_and_no_secret_of_it(root):
    # given
    terms = {"url": URL, "states": ["FAILURE"], "tags": "", "description": ""}

    # when
    made = root.post(f"{ADMIN}webhook/add/", terms)
    webhook = Webhook.objects.get()
    page = f"{ADMIN}webhook/{webhook.pk}/"
    root.post(f"{page}change/", terms | {"description": "Payments"})
    root.post(f"{page}change/", terms | {"description": "Payments"})
    rotated = root.post(f"{page}rotate/")
    root.post(f"{page}test/")
    root.post(f"{page}resend/{WebhookDelivery.objects.get().pk}/")
    root.post(f"{page}disable/")
    root.post(f"{page}enable/")
    root.post(f"{page}delete/", {"post": "yes"})

    # then
    words = ["create", "change", "rotate", "test", "resend", "disable", "enable", "remove"]
    expected = [("admin", f"webhook.{word}", str(webhook.pk)) for word in words]
    assert kept() == expected
    assert {entry.actor for entry in since(0)} == {"root"}
    change = since(0)[1]
    assert (change.before, change.after) == ({"description": ""}, {"description": "Payments"})
    secrets = [response.context["plain"] for response in (made, rotated)]
    everything = str(list(AuditEntry.objects.values()))
    assert not [secret for secret in secrets if secret in everything]


def test_a_deed_that_is_undone_leaves_no_entry():
    # given
    tasks = many(3)

    # when what it was part of fails
    with suppress(RuntimeError), transaction.atomic():
        cancel_many(task_ids=[task.pk for task in tasks], actor="ann")
        raise RuntimeError

    # then
    assert {task.state for task in Task.objects.all()} == {"PENDING"}
    assert kept() == []


def test_a_member_of_staff_without_the_permission_leaves_no_entry():
    task = make_task()

    answer = client_of("jobs.view_task").post(f"{ADMIN}task/{task.pk}/do/cancel/")

    assert answer.status_code == 403
    assert kept() == []

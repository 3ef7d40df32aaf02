"""Each deed of an operator leaves one entry by whatever door; what programs submit leaves none."""

import json
from contextlib import suppress
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone

from jobs.domain.operations import Action
from jobs.exceptions import TransitionRefused
from jobs.models import ApiToken, AuditEntry, Task, Webhook, WebhookDelivery
from jobs.services.cancel import cancel, cancel_many
from jobs.services.operate import cancel_operation, pause_operation, resume_operation
from jobs.services.webhooks import disable
from tests.support.audit import kept, only_entry
from tests.support.authority import bearer, make_token, make_user
from tests.support.operations import begin, many, worked
from tests.support.rows import make_task
from tests.support.staff import client_of
from tests.support.webhooks import URL, make_webhook

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


def test_behind_a_trusted_proxy_the_address_is_the_one_it_tells(root, jobs):
    # given
    jobs(trusted_proxies=1)
    task = make_task()

    # when
    root.post(
        f"{ADMIN}task/{task.pk}/do/cancel/", headers={"X-Forwarded-For": "6.6.6.6, 203.0.113.9"}
    )

    # then
    assert only_entry().address == "203.0.113.9"


def test_a_token_that_acts_is_named_by_its_beginning(jobs):
    # given
    user = make_user("cancel_task")
    token = make_token(user)
    task, before = make_task(), forget()

    # when
    answer = bearer(token).send("POST", f"tasks/{task.pk}/cancel", b'{"reason": "a mistake"}')

    # then
    assert answer.status_code == 200
    (entry,) = since(before)
    assert (entry.door, entry.verb, entry.actor) == ("api", "task.cancel", "ada")
    assert (entry.token, entry.reason) == (ApiToken.objects.get().prefix, "a mistake")
    assert entry.token
    assert token not in str(vars(entry))


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


def test_a_submit_by_hand_is_kept_and_one_by_a_program_is_not(client):
    # when
    client.post("/submit/", {"type": "add", "argument-x": "1", "argument-y": "2"})
    caller = bearer(make_token(make_user("submit_task")))
    before = forget()
    body = b'{"task_type": "add", "payload": {"x": 1, "y": 2}}'
    answer = caller.send("POST", "tasks/submit", body)

    # then
    assert answer.status_code == 202
    assert since(before) == []
    entry = since(0)[0]
    assert (entry.door, entry.verb, entry.actor) == ("dashboard", "task.submit", "anonymous")
    assert entry.after == {"task_type": "add", "queue": "default"}


def test_the_buttons_of_the_dashboard_are_its_door(client):
    # given
    task = make_task()

    # when
    client.post(f"/tasks/{task.pk}/cancel/")
    client.post(f"/tasks/{task.pk}/requeue/")

    # then
    assert kept() == [
        ("dashboard", "task.cancel", str(task.pk)),
        ("dashboard", "task.requeue", str(task.pk)),
    ]


def test_the_shell_is_a_door_of_its_own():
    # given
    User.objects.create_user("ada")

    def tasks(*words):
        call_command("tasks", *words, stdout=StringIO())

    # when
    tasks("submit", "add", '{"x": 1, "y": 2}')
    task = Task.objects.get()
    tasks("cancel", str(task.pk), "--reason", "no need")
    tasks("token", "create", "ada", "--name", "nightly")
    tasks("token", "revoke", ApiToken.objects.get().prefix)

    # then
    verbs = ["task.submit", "task.cancel", "token.create", "token.revoke"]
    assert [(door, verb) for door, verb, _ in kept()] == [("command", verb) for verb in verbs]
    assert {entry.actor.split(":")[0] for entry in since(0)} == {"shell"}
    assert {entry.address for entry in since(0)} == {""}


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


def test_what_the_queue_does_by_itself_comes_by_no_door():
    # given
    webhook, before = make_webhook(), forget()

    # when
    disable(webhook_id=webhook.pk, reason="20 failures in a row")

    # then
    (entry,) = since(before)
    assert (entry.door, entry.actor, entry.address) == ("system", "", "")
    assert entry.reason == "20 failures in a row"


def test_code_of_the_site_that_uses_a_verb_is_kept_under_the_name_it_gives():
    task = make_task()

    cancel(task_id=task.pk, actor="nightly clean-up")

    assert kept() == [("system", "task.cancel", str(task.pk))]
    assert only_entry().actor == "nightly clean-up"


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


def test_the_door_is_shut_behind_whoever_came_through_it(root):
    # given somebody who came by the admin, and code that runs in the same thread after
    root.get(f"{ADMIN}task/")
    task = make_task()

    # when
    cancel(task_id=task.pk, actor="later")

    # then
    assert only_entry().door == "system"


def test_a_member_of_staff_without_the_permission_leaves_no_entry():
    task = make_task()

    answer = client_of("jobs.view_task").post(f"{ADMIN}task/{task.pk}/do/cancel/")

    assert answer.status_code == 403
    assert kept() == []


def test_a_visitor_without_an_account_is_told_apart(client: Client):
    task = make_task()

    client.post(f"/api/tasks/{task.pk}/cancel", content_type="application/json")

    assert (only_entry().actor, only_entry().address) == ("anonymous", "127.0.0.1")

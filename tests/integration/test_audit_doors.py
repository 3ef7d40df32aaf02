"""By which door a deed came, who did it and whence."""

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from jobs.models import ApiToken, AuditEntry, Task
from jobs.services.cancel import cancel
from jobs.services.webhooks import disable
from tests.support.audit import kept, only_entry
from tests.support.authority import bearer, make_token, make_user
from tests.support.rows import make_task
from tests.support.webhooks import make_webhook

pytestmark = pytest.mark.django_db

ADMIN = "/admin/jobs/"


def forget():
    """From here on."""
    return AuditEntry.objects.count()


def since(count):
    """The entries since then, the oldest first."""
    return list(AuditEntry.objects.order_by("pk"))[count:]


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


def test_the_door_is_shut_behind_whoever_came_through_it(root):
    # given somebody who came by the admin, and code that runs in the same thread after
    root.get(f"{ADMIN}task/")
    task = make_task()

    # when
    cancel(task_id=task.pk, actor="later")

    # then
    assert only_entry().door == "system"


def test_a_visitor_without_an_account_is_told_apart(client: Client):
    task = make_task()

    client.post(f"/api/tasks/{task.pk}/cancel", content_type="application/json")

    assert (only_entry().actor, only_entry().address) == ("anonymous", "127.0.0.1")

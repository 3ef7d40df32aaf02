"""What a message tells, and how it is signed."""

import time

import pytest
from django.utils import timezone

from jobs.domain.outcomes import Ending
from jobs.domain.states import Move, State
from jobs.models import Task, Webhook
from jobs.selectors.facts import task_facts, task_line, without_payload
from jobs.services.deliver import ping, resend
from jobs.services.requeue import requeue
from jobs.services.webhooks import change, rotate, subscribe
from tests.support.authority import grant, make_user
from tests.support.rows import claimed, finished, make_task, outcome_of, reload
from tests.support.webhooks import deliver, end, log, make_webhook, verified

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_webhooks", "jobs")]


def test_a_message_tells_the_task_in_the_words_of_the_api(receiver):
    # given
    webhook = make_webhook(receiver.url)
    task = end(args=[], kwargs={"x": 2, "y": 3}, tags=["nightly"])

    # when
    assert deliver(webhook) == [True]

    # then
    (received,) = receiver.received
    assert received.path == "/hook"
    assert received.headers["content-type"] == "application/json"
    assert received.headers["host"] == receiver.url.split("/")[2]
    message = received.message
    assert message["id"] == received.headers["webhook-id"] == str(log().event_id)
    assert message["type"] == "task.success"
    assert message["timestamp"].endswith("Z")
    assert message["data"] == without_payload(task_line(task))
    assert (log().state, log().status_code, log().attempts, log().error) == (
        "delivered",
        204,
        1,
        "",
    )
    assert log().duration_seconds > 0


def test_a_message_is_signed_at_the_time_it_is_sent(receiver):
    made = subscribe(url=receiver.url, owner=None)
    end()

    deliver(made.row)

    (received,) = receiver.received
    assert verified(received, made.plain)
    assert abs(int(received.headers["webhook-timestamp"]) - time.time()) < 60


def test_a_rotated_secret_signs_beside_the_old_one_for_a_while(receiver, settings):
    # given
    old = subscribe(url=receiver.url, owner=None)
    new = rotate(webhook_id=old.row.pk)
    assert new.plain != old.plain

    # then both verify
    end()
    deliver(new.row)
    assert verified(receiver.received[0], old.plain)
    assert verified(receiver.received[0], new.plain)

    # until the time of the old one is over
    Webhook.objects.update(previous_until=timezone.now())
    end()
    deliver(new.row)
    assert not verified(receiver.received[1], old.plain)
    assert verified(receiver.received[1], new.plain)

    # and a new key of the site signs beside its fallbacks
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    end()
    deliver(new.row)
    assert verified(receiver.received[2], new.plain)


def test_no_payload_leaves_without_being_asked_for_and_allowed(receiver):
    # given webhooks that ask, of owners who may see payloads, may not, are gone
    ada, grace = make_user("view_payload"), make_user(name="grace")
    secret = {"x": 2, "api_key": "k-123"}
    asked = make_webhook(receiver.url, owner=ada, with_payload=True)
    unasked = make_webhook(receiver.url, owner=ada)
    refused = make_webhook(receiver.url, owner=grace, with_payload=True)
    nobody = make_webhook(receiver.url, with_payload=True)
    task = end(kwargs=secret)

    # when
    sent = {}
    for webhook in (asked, unasked, refused, nobody):
        assert deliver(webhook) == [True]
        sent[webhook] = receiver.received[-1].message["data"]

    # then only the first has it, redacted as everywhere
    assert sent[asked] == task_facts(task)
    assert sent[asked]["kwargs"] == {"x": 2, "api_key": "[redacted]"}
    assert sent[asked]["result"] == {"sum": 5}
    for webhook in (unasked, refused, nobody):
        assert sent[webhook]["withheld"] is True
        assert "kwargs" not in sent[webhook]
        assert sent[webhook]["error"] is None
    assert not any(b"k-123" in received.body for received in receiver.received)

    # and what the owner may is asked for at each message
    grant(ada)
    end(kwargs=secret)
    deliver(asked)
    assert receiver.received[-1].message["data"]["withheld"] is True


def test_what_was_requeued_meanwhile_is_told_as_it_was(receiver):
    # given a task that failed and runs again before the message leaves
    webhook = make_webhook(receiver.url, owner=make_user("view_payload"), with_payload=True)
    task = make_task(kwargs={"x": 1})
    failed = outcome_of(claimed(task), move=Move.FAIL, ending=Ending.FAILED, error="boom")
    finished(failed)
    requeue(task_id=task.pk, actor="ada")

    # when
    deliver(webhook)

    # then
    told = receiver.received[0].message["data"]
    assert (told["status"], told["attempt_count"]) == ("FAILURE", 1)
    assert told["kwargs"] == {"x": 1}
    assert told["error"] is None
    assert reload(task).state == State.PENDING

    # and a task that is gone is told without its payload
    Task.objects.all().delete()
    resend(webhook_id=webhook.pk, delivery_id=log().pk)
    deliver(webhook)
    assert receiver.received[1].message["data"]["withheld"] is True


def test_a_ping_tries_the_receiver(receiver):
    made = subscribe(url=receiver.url, owner=None)

    ping(webhook_id=made.row.pk)

    assert deliver(made.row) == [True]
    (received,) = receiver.received
    assert verified(received, made.plain)
    assert received.message["type"] == "webhook.test"
    assert received.message["data"] == {"webhook_id": str(made.row.pk)}


def test_a_url_that_changes_counts_for_what_waits(receiver):
    webhook = make_webhook("https://hooks.example.com/old")
    end()

    change(webhook_id=webhook.pk, url=receiver.url)

    assert deliver(webhook) == [True]

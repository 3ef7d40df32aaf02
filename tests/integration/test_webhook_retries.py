"""What becomes of messages that a receiver does not take, and of the receiver."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from jobs.models import Webhook, WebhookDelivery
from jobs.services.deliver import deliver_next, resend
from jobs.services.webhooks import disable, enable
from jobs.signals import webhook_disabled
from tests.support.webhooks import deliver, end, log, make_webhook

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_webhooks", "jobs")]

#: The longest pause after a first failure.
ONE_SECOND = timedelta(seconds=1)


def test_a_failed_message_is_tried_again_with_the_same_id(receiver):
    webhook = make_webhook(receiver.url)
    end()
    receiver.script += [500, 404]

    assert deliver(webhook) == [False, False, True]

    assert len({received.headers["webhook-id"] for received in receiver.received}) == 1
    assert len({received.body for received in receiver.received}) == 1
    assert (log().state, log().attempts, log().tries) == ("delivered", 3, 3)


def test_the_waits_grow_by_our_rules(receiver, jobs):
    # given
    jobs(webhooks_first_retry_seconds=10)
    webhook = make_webhook(receiver.url)
    end()
    receiver.answer = 503

    # when it fails
    waits = []
    for _ in range(4):
        Webhook.objects.update(resume_at=None)
        WebhookDelivery.objects.update(due_at=timezone.now())
        assert deliver_next(webhook_id=webhook.pk) is False
        waits.append((log().due_at - log().attempted_at).total_seconds())

    # then each wait is three times as long, less up to a quarter by chance
    for wait, full in zip(waits, (10, 30, 90, 270), strict=True):
        assert full * 0.75 <= wait <= full
    assert (log().status_code, log().error) == (503, "it answered 503 Service Unavailable")


def test_after_its_retries_a_message_is_given_up_and_can_be_sent_again(receiver, jobs):
    # given
    jobs(webhooks_max_retries=2)
    webhook = make_webhook(receiver.url)
    end()
    receiver.script += [500, 500, 500]

    # when
    assert deliver(webhook) == [False, False, False]
    assert (log().state, log().attempts) == ("failed", 3)

    # then
    resend(webhook_id=webhook.pk, delivery_id=log().pk)
    assert deliver(webhook) == [True]
    assert (log().state, log().attempts, log().tries) == ("delivered", 4, 1)
    assert len({received.headers["webhook-id"] for received in receiver.received}) == 1


def test_a_receiver_that_fails_is_left_alone_for_a_while_and_one_bad_message_blocks_no_other(
    receiver,
):
    # given two messages, the first of which the receiver does not like
    webhook = make_webhook(receiver.url)
    first, second = end(), end()
    receiver.script += [500]

    # when the first fails
    assert deliver_next(webhook_id=webhook.pk) is False

    # then nothing is sent during the pause, and the other goes first after it
    webhook.refresh_from_db()
    assert webhook.failing_since < webhook.resume_at <= webhook.failing_since + ONE_SECOND
    Webhook.objects.update(resume_at=timezone.now() + timedelta(hours=1))
    assert deliver_next(webhook_id=webhook.pk) is None
    Webhook.objects.update(resume_at=None)
    assert deliver_next(webhook_id=webhook.pk) is True
    assert [received.task_id for received in receiver.received] == [str(first.pk), str(second.pk)]
    webhook.refresh_from_db()
    assert (webhook.consecutive_failures, webhook.failing_since) == (0, None)


def test_a_receiver_that_says_gone_is_disabled_at_once(
    receiver, caplog, django_capture_on_commit_callbacks
):
    # given
    heard = []
    webhook_disabled.connect(lambda **facts: heard.append(facts), weak=False, dispatch_uid="test")
    webhook = make_webhook(receiver.url)
    end()
    end()
    receiver.answer = 410

    # when
    with django_capture_on_commit_callbacks(execute=True):
        assert deliver(webhook) == [False]
    webhook_disabled.disconnect(dispatch_uid="test")

    # then
    webhook.refresh_from_db()
    assert not webhook.enabled
    assert webhook.disabled_reason == "it answered 410 Gone"
    assert webhook.disabled_at is not None
    assert sorted(WebhookDelivery.objects.values_list("state", flat=True)) == ["failed", "waiting"]
    (facts,) = heard
    assert (facts["webhook_id"], facts["reason"]) == (webhook.pk, "it answered 410 Gone")
    assert f"webhook {webhook.pk} is disabled: it answered 410 Gone" in caplog.text


def test_so_many_failures_over_so_long_disable_a_webhook(receiver, jobs):
    # given
    jobs(webhooks_disable_failures=3, webhooks_disable_seconds=60)
    webhook = make_webhook(receiver.url)
    end()
    receiver.answer = 500

    # when there are enough, but not for long
    assert deliver(webhook, most=5) == [False] * 5
    webhook.refresh_from_db()
    assert webhook.enabled

    # then it is disabled once they have lasted
    Webhook.objects.update(failing_since=timezone.now() - timedelta(seconds=61))
    assert deliver(webhook) == [False]
    webhook.refresh_from_db()
    assert not webhook.enabled
    assert webhook.disabled_reason.startswith("6 failures in a row since ")
    assert webhook.disabled_reason.endswith("; the last one: it answered 500 Internal Server Error")


def test_what_waits_is_sent_when_a_webhook_is_enabled_again(receiver):
    webhook = make_webhook(receiver.url)
    task = end()
    disable(webhook_id=webhook.pk, reason="moving", actor="ada")
    end()
    assert deliver(webhook) == []

    enable(webhook_id=webhook.pk)

    assert deliver(webhook) == [True]
    assert [received.task_id for received in receiver.received] == [str(task.pk)]


@pytest.mark.django_db(transaction=True)
def test_what_is_sent_again_by_hand_while_it_is_on_its_way_is_sent_again(receiver):
    # given somebody who presses the button just when the receiver is about to answer
    webhook = make_webhook(receiver.url)
    end()

    def press(handler):
        resend(webhook_id=webhook.pk, delivery_id=log().pk)
        connection.close()
        handler.send_response(200)
        handler.end_headers()

    receiver.script += [press]

    # when
    assert deliver_next(webhook_id=webhook.pk) is True

    # then the first answer does not count as that to the second message
    assert log().state == "waiting"
    assert deliver(webhook) == [True]
    assert (log().state, len(receiver.received)) == ("delivered", 2)

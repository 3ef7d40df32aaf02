"""What maintenance does for webhooks, and what is kept of them."""

import time

import pytest

from jobs.maintenance.webhooks import forget_deliveries, serve_webhooks
from jobs.models import Task, WebhookDelivery
from jobs.services.webhooks import disable, unsubscribe
from tests.support.webhooks import deliver, end, make_webhook

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_webhooks", "jobs")]


def test_one_task_delivers_for_each_webhook_that_has_something_due(receiver):
    # given two webhooks with messages, one of which is disabled, and one without
    busy, asleep = make_webhook(receiver.url), make_webhook(receiver.url)
    end()
    disable(webhook_id=asleep.pk, reason="")
    make_webhook(receiver.url)

    # when maintenance looks twice
    assert serve_webhooks() == 1
    assert serve_webhooks() == 1

    # then there is one task, on the queue of the settings
    task = Task.objects.get(name="jobs.deliver_webhooks")
    assert (task.queue, task.kwargs) == ("low", {"webhook_id": str(busy.pk)})


def test_the_queue_of_deliveries_is_a_setting(receiver, jobs):
    jobs(webhooks_queue="high")
    make_webhook(receiver.url)
    end()

    serve_webhooks()

    assert Task.objects.get(name="jobs.deliver_webhooks").queue == "high"


def test_old_messages_are_forgotten_and_beyond_a_number_those_that_were_sent(receiver, jobs):
    # given three that were sent and one that waits
    jobs(webhooks_keep_count=2, webhooks_keep_seconds=60)
    webhook = make_webhook(receiver.url)
    for _ in range(3):
        end()
    deliver(webhook)
    end()

    # then the oldest of those that were sent is forgotten
    assert forget_deliveries() == 1
    assert forget_deliveries() == 0
    assert sorted(WebhookDelivery.objects.values_list("state", flat=True)) == [
        "delivered",
        "delivered",
        "waiting",
    ]

    # and those of long ago, whatever became of them
    old = WebhookDelivery.objects.get(state="waiting")
    WebhookDelivery.objects.filter(pk=old.pk).delete()
    old.pk = old.pk.__class__(int=(int((time.time() - 61) * 1000) << 80) | 1)
    old.save(force_insert=True)
    assert forget_deliveries() == 1
    assert WebhookDelivery.objects.filter(state="waiting").count() == 0


def test_a_webhook_that_is_removed_takes_its_log_with_it(receiver):
    webhook, other = make_webhook(receiver.url), make_webhook(receiver.url)
    end()

    unsubscribe(webhook_id=webhook.pk)

    assert [delivery.webhook_id for delivery in WebhookDelivery.objects.all()] == [other.pk]

    # and what a worker wrote for it meanwhile is forgotten
    WebhookDelivery.objects.create(webhook_id=webhook.pk, type="webhook.test")
    assert forget_deliveries() == 1
    assert WebhookDelivery.objects.count() == 1

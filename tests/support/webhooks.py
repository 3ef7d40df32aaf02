"""Webhooks, and what is to be told to them."""

import base64
import hmac
from typing import Any

from django.db.models import F

from jobs.models import Task, Webhook, WebhookDelivery
from jobs.services.deliver import deliver_next
from jobs.services.webhooks import subscribe
from tests.support.receiver import Received
from tests.support.rows import claimed, finished, make_task, outcome_of, reload

URL = "https://hooks.example.com/tasks"


def make_webhook(url: str = URL, **terms: Any) -> Webhook:
    """A webhook, of nobody unless told otherwise."""
    return subscribe(**{"url": url, "owner": None} | terms).row


def told(webhook: Webhook | None = None) -> list[tuple[str, str]]:
    """What is or was to be told, the oldest first: the type and the task of each message."""
    rows = WebhookDelivery.objects.order_by("pk")
    if webhook is not None:
        rows = rows.filter(webhook=webhook)
    return [(row.type, str(row.task)) for row in rows]


def deliver(webhook: Webhook, *, most: int = 20) -> list[bool]:
    """Deliver what waits, without any of the pauses; gives what became of each try."""
    did: list[bool] = []
    while len(did) < most:
        WebhookDelivery.objects.filter(due_at__gt=F("created_at")).update(due_at=F("created_at"))
        Webhook.objects.update(resume_at=None)
        is_delivered = deliver_next(webhook_id=webhook.pk)
        if is_delivered is None:
            break
        did.append(is_delivered)
    return did


def end(**columns: Any) -> Task:
    """A task that has just succeeded."""
    task = make_task(**columns)
    finished(outcome_of(claimed(task), result='{"sum":5}'))
    return reload(task)


def log() -> WebhookDelivery:
    """The one message that there is."""
    return WebhookDelivery.objects.get()


def verified(received: Received, plain: str) -> bool:
    """Whether one of the signatures of a request is by this secret."""
    secret = base64.b64decode(plain.removeprefix("whsec_"))
    signed = f"{received.headers['webhook-id']}.{received.headers['webhook-timestamp']}."
    digest = hmac.digest(secret, signed.encode() + received.body, "sha256")
    right = "v1," + base64.b64encode(digest).decode()
    return right in received.headers["webhook-signature"].split(" ")

"""Send the messages of one webhook, one after another, and send one again."""

import logging
import time
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import orjson
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.encoding import force_bytes

from jobs.conf import get_conf
from jobs.domain.audit import Verb
from jobs.domain.registry import registry
from jobs.domain.retries import RetryPolicy
from jobs.domain.webhooks import (
    LONGEST_RETRY_SECONDS,
    PAUSES,
    PING,
    RETRY_FACTOR,
    RUNNER,
    DeliveryState,
    secret_of,
    signature,
)
from jobs.exceptions import DeliveryNotFound, WebhookDisabled
from jobs.models import Webhook, WebhookDelivery
from jobs.selectors.webhooks import message_of
from jobs.services.audit import entered
from jobs.services.enqueue import enqueue
from jobs.services.posting import Answer, post
from jobs.services.webhooks import disable, locked

logger = logging.getLogger(__name__)

#: The receiver says that it is gone for good.
GONE = 410


def deliver_next(*, webhook_id: UUID) -> bool | None:
    """Send the message that is due longest: whether it was delivered, None when there was none.

    Whatever becomes of it is in the database when this returns; before that, a death of the process
    leaves it as it was, and it is sent once more.
    """
    now = timezone.now()
    rows = Webhook.objects.to_serve(now).select_related("owner")
    webhook = rows.filter(pk=webhook_id).first()
    if webhook is None:
        return None
    due = WebhookDelivery.objects.due(now).filter(webhook=webhook).order_by("due_at", "pk")
    delivery = due.first()
    if delivery is None:
        return None
    answer = _send(webhook, delivery)
    _record(webhook, delivery, answer)
    return answer.is_success


def wake(webhook_id: UUID) -> None:
    """Have a webhook's messages sent: by the task that does so already, or by a new one."""
    enqueue(
        task_type=registry.get(RUNNER),
        kwargs={"webhook_id": str(webhook_id)},
        queue=get_conf().webhooks_queue,
        unique_key=str(webhook_id),
    )


@transaction.atomic
def resend(*, webhook_id: UUID, delivery_id: UUID) -> WebhookDelivery:
    """Send a message once more, with all its tries and the same event id, and give it.

    Raises:
        WebhookNotFound, DeliveryNotFound: it does not exist, or not any more.
        WebhookDisabled: nothing is sent to this webhook.
    """
    webhook = _ready(webhook_id)
    delivery = WebhookDelivery.objects.filter(pk=delivery_id, webhook=webhook).first()
    if delivery is None:
        raise DeliveryNotFound(webhook_id=webhook_id, delivery_id=delivery_id)
    delivery.state, delivery.tries, delivery.due_at = DeliveryState.WAITING, 0, timezone.now()
    delivery.save(update_fields=["state", "tries", "due_at"])
    entered(Verb.WEBHOOK_RESEND, webhook.pk, after={"delivery": delivery.pk})
    _at_once(webhook)
    return delivery


@transaction.atomic
def ping(*, webhook_id: UUID) -> WebhookDelivery:
    """Send a message that only tries whether the receiver answers, and give it.

    Raises:
        WebhookNotFound, WebhookDisabled.
    """
    webhook = _ready(webhook_id)
    delivery = WebhookDelivery.objects.create(webhook=webhook, type=PING)
    entered(Verb.WEBHOOK_TEST, webhook.pk, after={"delivery": delivery.pk})
    _at_once(webhook)
    return delivery


def _ready(webhook_id: UUID) -> Webhook:
    webhook = locked(webhook_id)
    if not webhook.enabled:
        raise WebhookDisabled(webhook_id=webhook_id)
    return webhook


def _at_once(webhook: Webhook) -> None:
    """Whoever asks by hand does not wait for the end of a pause."""
    Webhook.objects.filter(pk=webhook.pk).update(resume_at=None)
    transaction.on_commit(partial(wake, webhook.pk), robust=True)


def _send(webhook: Webhook, delivery: WebhookDelivery) -> Answer:
    """What nobody foresaw is an answer too: it must not keep the messages behind it from theirs."""
    timeout_seconds = get_conf().webhooks_timeout_seconds
    began = time.monotonic()
    try:
        body = orjson.dumps(message_of(webhook, delivery))
        headers = _headers(webhook, delivery, body, now=timezone.now())
        return post(webhook.url, headers=headers, body=body, timeout_seconds=timeout_seconds)
    except Exception:
        logger.exception("webhook delivery %s cannot be sent", delivery.pk)
        return Answer(None, "a fault of the sender, which has logged it", time.monotonic() - began)


def _headers(
    webhook: Webhook, delivery: WebhookDelivery, body: bytes, *, now: datetime
) -> dict[str, str]:
    message_id, timestamp = str(delivery.event_id), int(now.timestamp())
    seeds = [webhook.seed]
    if webhook.previous_until is not None and webhook.previous_until > now:
        seeds.append(webhook.previous_seed)
    signatures = [
        signature(
            secret_of(seed, site_key=force_bytes(key)),
            message_id=message_id,
            timestamp=timestamp,
            body=body,
        )
        for seed in seeds
        for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    ]
    return {
        "Content-Type": "application/json",
        "User-Agent": "django-task-queue",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signatures),
    }


@transaction.atomic
def _record(webhook: Webhook, delivery: WebhookDelivery, answer: Answer) -> None:
    """Only if the message is as it was read: else somebody sends it again since, which is due.

    The webhook before its message, as whoever sends one again by hand takes them.
    """
    now = timezone.now()
    if answer.is_success:
        _recovered(webhook)
    else:
        _failed(webhook, answer, now)
    again = None if answer.is_success else _again(delivery, answer)
    columns: dict[str, object] = {"state": DeliveryState.WAITING, "due_at": now}
    if answer.is_success:
        columns = {"state": DeliveryState.DELIVERED}
    elif again is None:
        columns = {"state": DeliveryState.FAILED}
    else:
        columns["due_at"] = now + timedelta(seconds=again)
    same = WebhookDelivery.objects.filter(pk=delivery.pk, due_at=delivery.due_at)
    same.filter(state=DeliveryState.WAITING).update(
        attempts=F("attempts") + 1,
        tries=F("tries") + 1,
        attempted_at=now,
        status_code=answer.status,
        duration_seconds=answer.seconds,
        error=answer.error,
        **columns,
    )


def _again(delivery: WebhookDelivery, answer: Answer) -> float | None:
    """Seconds until the message is tried again; None when it is given up."""
    conf = get_conf()
    if delivery.tries >= conf.webhooks_max_retries or answer.status == GONE:
        return None
    first = conf.webhooks_first_retry_seconds
    policy = RetryPolicy(
        first_seconds=first,
        factor=RETRY_FACTOR,
        max_seconds=max(first, LONGEST_RETRY_SECONDS),
    )
    return policy.delay_seconds(retry=delivery.tries + 1)


def _recovered(webhook: Webhook) -> None:
    if webhook.consecutive_failures:
        Webhook.objects.filter(pk=webhook.pk).update(
            consecutive_failures=0, failing_since=None, resume_at=None
        )


def _failed(webhook: Webhook, answer: Answer, now: datetime) -> None:
    conf = get_conf()
    failures = webhook.consecutive_failures + 1
    since = webhook.failing_since or now
    Webhook.objects.filter(pk=webhook.pk).update(
        consecutive_failures=failures,
        failing_since=since,
        resume_at=now + timedelta(seconds=PAUSES.delay_seconds(retry=failures)),
    )
    lasting = (now - since).total_seconds() >= conf.webhooks_disable_seconds
    if answer.status == GONE:
        disable(webhook_id=webhook.pk, reason=answer.error)
    elif failures >= conf.webhooks_disable_failures and lasting:
        told = f"{failures:,} failures in a row since {since:%Y-%m-%d %H:%M:%S} UTC"
        disable(webhook_id=webhook.pk, reason=f"{told}; the last one: {answer.error}")

"""Have the webhooks served that have something to be told, and forget what is old."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from jobs.conf import get_conf
from jobs.domain.task_ids import first_id
from jobs.domain.webhooks import DeliveryState
from jobs.models import Webhook, WebhookDelivery
from jobs.models.webhook import WebhookDeliveryQuerySet
from jobs.services.deliver import wake

#: Rows per statement, and statements per call: others must come to their turn.
CHUNK = 1000
MOST_CHUNKS = 10


def serve_webhooks() -> int:
    """Wake those that have a message due; gives how many."""
    due = list(Webhook.objects.to_serve(timezone.now()).order_by("pk").values_list("pk", flat=True))
    for webhook_id in due:
        wake(webhook_id)
    return len(due)


def forget_deliveries() -> int:
    """Delete messages that are too old, or too many; gives how many, up to a bound each call."""
    oldest = first_id(timezone.now() - timedelta(seconds=get_conf().webhooks_keep_seconds))
    return sum(_forget(webhook_id, oldest) for webhook_id in list(_told()))


def _told() -> Iterator[UUID]:
    """The webhooks of which messages are kept, one look at the index for each."""
    rows = WebhookDelivery.objects.order_by("webhook_id").values_list("webhook_id", flat=True)
    webhook_id = rows.first()
    while webhook_id is not None:
        yield webhook_id
        webhook_id = rows.filter(webhook_id__gt=webhook_id).first()


def _forget(webhook_id: UUID, oldest: UUID) -> int:
    log = WebhookDelivery.objects.filter(webhook=webhook_id).order_by()
    if not Webhook.objects.filter(pk=webhook_id).exists():
        return _delete(log)  # a task ended for it just when it was removed
    beyond = get_conf().webhooks_keep_count
    newest = log.exclude(state=DeliveryState.WAITING).order_by("-pk").values_list("pk", flat=True)
    surplus = newest[beyond : beyond + 1].first()
    forgotten = _delete(log.filter(pk__lt=oldest))
    if surplus is not None:
        forgotten += _delete(log.exclude(state=DeliveryState.WAITING).filter(pk__lte=surplus))
    return forgotten


def _delete(rows: WebhookDeliveryQuerySet) -> int:
    forgotten = 0
    for _ in range(MOST_CHUNKS):
        ids = list(rows.values_list("pk", flat=True)[:CHUNK])
        if ids:
            forgotten += WebhookDelivery.objects.filter(pk__in=ids).delete()[0]
        if len(ids) < CHUNK:
            break
    return forgotten

"""Who is told what becomes of tasks, and each message to them."""

from datetime import datetime
from typing import Self

import uuid_utils.compat
from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from jobs.domain.addresses import LONGEST_URL
from jobs.domain.webhooks import DeliveryState, Subscription
from jobs.models.task import EndedIndex

DESCRIPTION_LENGTH = 200


class WebhookQuerySet(models.QuerySet["Webhook"]):
    """Words that chain, and never write."""

    def enabled(self) -> Self:
        """Those that are told anything."""
        return self.filter(enabled=True)

    def to_serve(self, now: datetime) -> Self:
        """Those that have a message to be sent now, and do not pause after a failure."""
        waiting = WebhookDelivery.objects.due(now).filter(webhook=OuterRef("pk"))
        rested = Q(resume_at=None) | Q(resume_at__lte=now)
        return self.enabled().filter(rested).filter(Exists(waiting))


class Webhook(models.Model):
    """A URL that is told when tasks reach a state. Its secret is not kept, only the seed of it."""

    id = models.UUIDField(primary_key=True, default=uuid_utils.compat.uuid7, editable=False)
    url = models.CharField("URL", max_length=LONGEST_URL)
    description = models.CharField(max_length=DESCRIPTION_LENGTH, blank=True, default="")
    states = models.JSONField(default=list)
    task_types = models.JSONField(default=list, blank=True, help_text="Empty: every type")
    tags = models.JSONField(default=list, blank=True, help_text="Any of them; empty: whatever tags")
    with_payload = models.BooleanField(
        default=False,
        help_text="Send arguments, result and error too, while its owner may see payloads",
    )
    enabled = models.BooleanField(default=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_reason = models.TextField(blank=True, default="")
    consecutive_failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    resume_at = models.DateTimeField(
        null=True, blank=True, help_text="After a failure nothing is sent before this moment"
    )
    seed = models.CharField(max_length=64, editable=False)
    previous_seed = models.CharField(max_length=64, blank=True, default="", editable=False)
    previous_until = models.DateTimeField(
        null=True, blank=True, help_text="Until then the secret of before signs too"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        default_permissions = ()  # `manage_webhooks` of Task says it all
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.description or self.url

    @property
    def subscription(self) -> Subscription:
        """What it wants."""
        return Subscription(
            frozenset(self.states), frozenset(self.task_types), frozenset(self.tags)
        )


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    """Words that chain, and never write."""

    def due(self, now: datetime) -> Self:
        """To be sent now."""
        return self.filter(state=DeliveryState.WAITING, due_at__lte=now)


class WebhookDelivery(models.Model):
    """One message to one webhook, written in the transaction of what it tells.

    `facts` are the task's short columns as they were then, as JSON; what it carries and says is
    read when the message is sent, for whoever may see it then. `event_id` is the same for every
    webhook that is told of one end, and for every try.
    """

    id = models.UUIDField(primary_key=True, default=uuid_utils.compat.uuid7, editable=False)
    webhook = models.ForeignKey(
        Webhook, models.CASCADE, related_name="deliveries", db_constraint=False, db_index=False
    )
    event_id = models.UUIDField(default=uuid_utils.compat.uuid7)
    type = models.CharField(max_length=20)
    task = models.UUIDField(null=True)
    facts = models.TextField(blank=True, default="")
    state = models.CharField(
        max_length=9,
        choices=[(state.value, state.value) for state in DeliveryState],
        default=DeliveryState.WAITING.value,
    )
    attempts = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(
        default=0, help_text="Attempts since it was made, or last sent again by hand"
    )
    due_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    attempted_at = models.DateTimeField(null=True)
    status_code = models.PositiveSmallIntegerField("HTTP status", null=True)
    duration_seconds = models.FloatField(null=True)
    error = models.CharField(max_length=300, blank=True, default="")

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ("-pk",)
        verbose_name_plural = "webhook deliveries"
        indexes = (
            EndedIndex(
                fields=["webhook", "state", "due_at"],
                name="delivery_due",
                condition=Q(state=DeliveryState.WAITING.value),
            ),
            models.Index(fields=["webhook", "id"], name="delivery_log"),
        )

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"

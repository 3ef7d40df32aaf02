"""What a caller was answered under a key of its own."""

from django.db import models
from django.utils import timezone


class IdempotencyKey(models.Model):
    """Written in the transaction of the tasks that the answer tells of: both are there, or neither.

    `fingerprint` is that of the request, so that a key that comes back with another one is noticed.
    """

    caller = models.CharField(max_length=150)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["caller", "key"], name="idempotency_key"),)
        indexes = (models.Index(fields=["created_at"], name="idempotency_age"),)

    def __str__(self) -> str:
        return f"{self.caller}: {self.key}"

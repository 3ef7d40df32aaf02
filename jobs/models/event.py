"""One line of history that no attempt tells."""

from django.db import models
from django.utils import timezone

from jobs.models.task import Task


class Event(models.Model):
    """What a person or the system did to a task beside running it."""

    class Kind(models.TextChoices):
        """What was done."""

        CANCELLED = "cancelled"
        CANCEL_REQUESTED = "cancel_requested"
        REQUEUED = "requeued"
        DISCARDED = "discarded"
        EXPIRED = "expired"
        RESCUED = "rescued"
        DEPENDENCY_FAILED = "dependency_failed"
        RERUN = "rerun"
        RERUN_OF = "rerun_of"
        RESTORED = "restored"
        RESCHEDULED = "rescheduled"
        MOVED = "moved"

    task = models.ForeignKey(Task, models.CASCADE, related_name="events", db_constraint=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    actor = models.CharField(max_length=150, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("at", "pk")

    def __str__(self) -> str:
        return f"{self.kind} {self.task_id}"

"""Failures with one cause, as far as can be told: one row each, and how often they happened."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from jobs.domain.fingerprint import FailureGroup
from jobs.domain.triage import FailureStatus


class Failure(models.Model):
    """A group of failed attempts, kept by the transactions that record them.

    `occurrence_count` counts every attempt that failed, ran out of time, or died with its process
    or worker; and each task that was given up for a dependency. `given_up_count` are those of them
    after which their task failed for good. Message, task and release are those of the latest.
    """

    fingerprint = models.CharField(max_length=16, primary_key=True)
    name = models.CharField("task type", max_length=200)
    exception = models.CharField(max_length=200)
    frame = models.CharField(max_length=300, blank=True, default="")
    message = models.TextField(blank=True, default="")
    last_task = models.UUIDField()
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    first_release = models.CharField(max_length=64, blank=True, default="")
    last_release = models.CharField(max_length=64, blank=True, default="")
    occurrence_count = models.PositiveBigIntegerField(default=0)
    given_up_count = models.PositiveBigIntegerField(default=0)
    status = models.CharField(
        max_length=12,
        choices=[(status.value, status.value) for status in FailureStatus],
        default=FailureStatus.NEW.value,
        db_default=FailureStatus.NEW.value,
    )
    status_at = models.DateTimeField(default=timezone.now, help_text="When it got this status")
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    note = models.TextField(blank=True, default="", db_default="")

    class Meta:
        # Whoever may see tasks sees failures; `triage_failures` of Task allows the rest.
        default_permissions = ()
        ordering = ("-last_seen", "-fingerprint")
        indexes = (models.Index(fields=["last_seen", "fingerprint"], name="failure_seen"),)

    def __str__(self) -> str:
        return f"{self.name}: {self.title}"

    @property
    def title(self) -> str:
        """What happened, in words, without the task type."""
        return FailureGroup(self.name, self.exception, self.frame).title


class FailureCount(models.Model):
    """How many occurrences a group had in one slot: `SLOT_SECONDS` from `slot` times as many.

    A number and not a moment: both databases add such slots up to hours by a division.
    """

    fingerprint = models.CharField(max_length=16)
    slot = models.IntegerField(db_index=True)
    count = models.PositiveIntegerField()

    class Meta:
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["fingerprint", "slot"], name="failure_count_key"),
        )

    def __str__(self) -> str:
        return f"{self.count} of {self.fingerprint}"


class FailureChange(models.Model):
    """One line of a group's history: its new status, assignee or note; by whom, when and why."""

    failure = models.ForeignKey(Failure, models.CASCADE, related_name="changes")
    change = models.CharField(max_length=250)
    actor = models.CharField(
        max_length=150, blank=True, default="", help_text="Empty: it came by itself"
    )
    reason = models.TextField(blank=True, default="")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()
        ordering = ("-at", "-pk")

    def __str__(self) -> str:
        return f"{self.failure_id} {self.change}"

"""One try that has ended."""

from datetime import datetime

from django.db import models

from jobs.domain.outcomes import Ending
from jobs.models.task import Task


class Attempt(models.Model):
    """Written once, at the attempt's end, by the statement that moves its task on."""

    # Neither constraint nor index of its own: the unique constraint below serves the look-ups,
    # and retention deletes both sides together.
    task = models.ForeignKey(
        Task, models.CASCADE, related_name="attempts", db_constraint=False, db_index=False
    )
    number = models.PositiveIntegerField()
    fence = models.PositiveIntegerField()
    worker = models.CharField(max_length=100, blank=True, default="")
    release = models.CharField(max_length=64, blank=True, default="")
    queued_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField()
    outcome = models.CharField(
        max_length=9, choices=[(ending.value, ending.value) for ending in Ending]
    )
    exception = models.CharField("exception class", max_length=200, blank=True, default="")
    error = models.TextField(blank=True, default="")
    traceback = models.TextField(blank=True, default="")
    log = models.TextField(blank=True, default="")
    fingerprint = models.CharField(
        max_length=16, blank=True, default="", db_default="", help_text="The failures it counts in"
    )

    class Meta:
        ordering = ("task", "number")
        constraints = (
            models.UniqueConstraint(fields=["task", "number"], name="attempt_task_number"),
        )

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.task_id}: {self.outcome}"

    @property
    def wait_seconds(self) -> float | None:
        """From when it might have run until it did; None when it never began."""
        return _seconds(self.queued_at, self.started_at)

    @property
    def run_seconds(self) -> float | None:
        """From its start to its end; None when it never began."""
        return _seconds(self.started_at, self.finished_at)


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    if start is None or end is None:
        return None
    return max(0.0, (end - start).total_seconds())

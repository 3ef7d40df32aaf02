"""One try that has ended."""

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

    class Meta:
        ordering = ("task", "number")
        constraints = (
            models.UniqueConstraint(fields=["task", "number"], name="attempt_task_number"),
        )

    def __str__(self) -> str:
        return f"attempt {self.number} of {self.task_id}: {self.outcome}"

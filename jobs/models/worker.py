"""Who holds tasks."""

from django.db import models
from django.utils import timezone

NAME_LENGTH = 100


class WorkerLease(models.Model):
    """One row per worker tree, renewed by its supervisor; a beat that stands still means death.

    `pid_started` tells a process from a later one that got the same pid.
    """

    name = models.CharField(max_length=NAME_LENGTH, primary_key=True)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    pid_started = models.CharField(max_length=40, blank=True, default="")
    release = models.CharField(max_length=64, blank=True, default="")
    queues = models.JSONField(default=list)
    concurrency = models.PositiveIntegerField(default=1)
    beat = models.PositiveBigIntegerField(default=0)
    lease_seconds = models.FloatField(default=30.0)
    succeeded_count = models.PositiveBigIntegerField(default=0)
    failed_count = models.PositiveBigIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    renewed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("name",)
        verbose_name = "worker"

    def __str__(self) -> str:
        return self.name

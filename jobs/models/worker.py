"""Who holds tasks."""

from django.db import models
from django.utils import timezone

from jobs.domain.workers import Instruction

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
    memory_mb = models.FloatField(
        null=True, help_text="Of all its processes, MiB, resident, as of the last heartbeat"
    )
    instruction = models.CharField(
        max_length=5,
        choices=[(each.value, each.value) for each in Instruction],
        default=Instruction.WORK.value,
    )
    instructed_by = models.CharField(max_length=150, blank=True, default="")
    instructed_reason = models.TextField(blank=True, default="")
    instructed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("name",)
        verbose_name = "worker"

    def __str__(self) -> str:
        return self.name


class LostWorker(models.Model):
    """A worker that was found dead, and what it held then: its lease is gone."""

    name = models.CharField(max_length=NAME_LENGTH)
    host = models.CharField(max_length=255, blank=True, default="")
    pid = models.PositiveIntegerField(null=True)
    release = models.CharField(max_length=64, blank=True, default="")
    started_at = models.DateTimeField(null=True)
    lost_at = models.DateTimeField(default=timezone.now)
    why = models.TextField(blank=True, default="")
    task_count = models.PositiveIntegerField(default=0)
    task_ids = models.JSONField(default=list, help_text="The first of the tasks it held")

    class Meta:
        default_permissions = ()  # whoever sees workers sees those that are lost
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.name}, lost {self.lost_at:%F %T}"

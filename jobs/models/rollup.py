"""Counts per minute, so that statistics never count tasks."""

from django.db import models

from jobs.models.counts import CountsField


class Rollup(models.Model):
    """What ended in one minute on one queue for one task type; kept by the finish itself.

    The first five count attempts by what their tasks became, each attempt once, and beside them
    tasks that expired, or failed with one they depend on, without having run; `timed_out` and
    `worker_died` count those of them that ended so. `wait_seconds` and `run_seconds` are sums over
    the attempts counted here, the two histograms their distributions (`jobs.domain.histogram`).
    """

    minute = models.DateTimeField()
    queue = models.CharField(max_length=32)
    name = models.CharField(max_length=200)
    succeeded = models.PositiveBigIntegerField(default=0)
    retried = models.PositiveBigIntegerField(default=0)
    failed = models.PositiveBigIntegerField(default=0)
    revoked = models.PositiveBigIntegerField(default=0)
    snoozed = models.PositiveBigIntegerField(default=0)
    timed_out = models.PositiveBigIntegerField(default=0)
    worker_died = models.PositiveBigIntegerField(default=0)
    wait_seconds = models.FloatField(default=0.0)
    run_seconds = models.FloatField(default=0.0)
    wait_histogram = CountsField(default=list)
    run_histogram = CountsField(default=list)

    class Meta:
        ordering = ("-minute",)
        verbose_name = "count per minute"
        verbose_name_plural = "counts per minute"
        constraints = (
            models.UniqueConstraint(fields=["minute", "queue", "name"], name="rollup_key"),
        )

    def __str__(self) -> str:
        return f"{self.minute:%F %H:%M} {self.queue} {self.name}"

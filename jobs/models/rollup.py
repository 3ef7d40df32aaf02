"""Counts by time, so that statistics never count tasks."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q

from jobs.domain.periods import Period
from jobs.models.counts import CountsField

#: Instead of a queue or a name: whatever it is, counted together.
ALL = ""
#: Instead of a queue or a name: whatever it is, counted apart.
EACH = None


class RollupQuerySet(models.QuerySet["Rollup"]):
    """Words that chain, and never write."""

    def counted(
        self,
        period: Period,
        *,
        since: datetime | None = None,
        queue: str | None = ALL,
        name: str | None = ALL,
    ) -> Self:
        """Rows that count each ending once: those of a period, and what is not folded into it yet.

        Read them in one statement: a fold moves counts from the ones to the others. The rows that
        are not folded yet are by queue and name in any case.
        """
        folded = Q(period=period.value) & _folded("queue", queue) & _folded("name", name)
        live = Q(
            period=Period.LIVE.value,
            **{column: value for column, value in (("queue", queue), ("name", name)) if value},
        )
        if since is not None:
            folded &= Q(at__gte=since)
            live &= Q(at__gte=since)
        return self.filter(folded | live).order_by()


def _folded(column: str, value: str | None) -> Q:
    return ~Q(**{column: ALL}) if value is EACH else Q(**{column: value})


class Rollup(models.Model):
    """What ended within a period on one queue for one task type.

    The transaction that ends attempts counts them in the `live` row of their minute; maintenance
    moves each such row to those of its periods, from the minute to all time (`jobs.store.fold`).
    These are also kept for all queues or all names together, under an empty one.

    The first five count attempts by what their tasks became, each attempt once, and beside them
    tasks that expired, or failed with one they depend on, without having run; `timed_out` and
    `worker_died` count those of them that ended so. `wait_seconds` and `run_seconds` are sums over
    the attempts counted here, the two histograms their distributions (`jobs.domain.histogram`).
    """

    period = models.CharField(
        max_length=6,
        choices=[(each.value, each.value) for each in Period],
        default=Period.LIVE.value,
    )
    at = models.DateTimeField(help_text="When it begins")
    queue = models.CharField(max_length=32, blank=True)
    name = models.CharField(max_length=200, blank=True)
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

    objects = RollupQuerySet.as_manager()

    class Meta:
        ordering = ("-at",)
        verbose_name = "count per minute"
        verbose_name_plural = "counts per minute"
        indexes = (models.Index(fields=["period", "at"], name="rollup_time"),)
        constraints = (
            models.UniqueConstraint(fields=["period", "queue", "name", "at"], name="rollup_key"),
        )

    def __str__(self) -> str:
        return f"{self.period} {self.at:%F %H:%M} {self.queue} {self.name}"

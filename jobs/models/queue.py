"""Who stopped a queue, when and why."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone


class QueuePauseQuerySet(models.QuerySet["QueuePause"]):
    """Words that chain, and never write."""

    def open(self) -> Self:
        """Not ended by anybody; their time may be over all the same."""
        return self.filter(ended_at=None)

    def at(self, moment: datetime) -> Self:
        """Those that hold their queue at a moment."""
        return self.open().filter(Q(until=None) | Q(until__gt=moment))


class QueuePause(models.Model):
    """One pause of one queue, never deleted: the list of them is the history of who did what.

    Nobody need end a pause whose `until` has come: it simply does not count any more.
    """

    queue = models.CharField(max_length=32)
    actor = models.CharField("paused by", max_length=150, blank=True, default="")
    reason = models.TextField()
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(
        null=True, blank=True, help_text="The queue goes on by itself then"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(
        max_length=150, blank=True, default="", help_text="Nobody: its time was over"
    )
    ended_reason = models.TextField(blank=True, default="")

    objects = QueuePauseQuerySet.as_manager()

    class Meta:
        default_permissions = ()  # who may what is said by the permissions of Task
        verbose_name_plural = "queues"
        ordering = ("-since", "-pk")
        constraints = (
            models.UniqueConstraint(
                fields=["queue"], name="queue_pause_open", condition=Q(ended_at=None)
            ),
        )

    def __str__(self) -> str:
        return f"pause of {self.queue} since {self.since:%F %T}"

    def holds(self, moment: datetime) -> bool:
        """Whether it keeps its queue from being served at a moment."""
        return self.ended_at is None and (self.until is None or self.until > moment)

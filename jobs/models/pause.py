"""Who stopped a queue or a task type, when and why."""

from datetime import datetime
from typing import Self, TypeVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from jobs.domain.options import MAX_NAME_CHARACTERS

PauseT = TypeVar("PauseT", bound="Pause")


class PauseQuerySet(models.QuerySet[PauseT]):
    """Words that chain, and never write."""

    def open(self) -> Self:
        """Not ended by anybody; their time may be over all the same."""
        return self.filter(ended_at=None)

    def at(self, moment: datetime) -> Self:
        """Those that hold at a moment."""
        return self.open().filter(Q(until=None) | Q(until__gt=moment))


class Pause(models.Model):
    """One pause of one thing, never deleted: the list of them is the history of who did what.

    Nobody need end a pause whose `until` has come: it simply does not count any more.
    """

    actor = models.CharField("paused by", max_length=150, blank=True, default="")
    reason = models.TextField()
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True, help_text="It goes on by itself then")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(
        max_length=150, blank=True, default="", help_text="Nobody: its time was over"
    )
    ended_reason = models.TextField(blank=True, default="")

    class Meta:
        abstract = True
        default_permissions = ()  # who may what is said by the permissions of Task
        ordering = ("-since", "-pk")

    def __str__(self) -> str:
        return f"pause of {self.subject} since {self.since:%F %T}"

    @property
    def subject(self) -> str:
        """The name of what stands still."""
        raise NotImplementedError

    def holds(self, moment: datetime) -> bool:
        """Whether it keeps its thing from being served at a moment."""
        return self.ended_at is None and (self.until is None or self.until > moment)


class QueuePause(Pause):
    """One pause of one queue."""

    queue = models.CharField(max_length=32)

    objects = PauseQuerySet["QueuePause"].as_manager()

    class Meta(Pause.Meta):
        verbose_name_plural = "queues"
        constraints = (
            models.UniqueConstraint(
                fields=["queue"], name="queue_pause_open", condition=Q(ended_at=None)
            ),
        )

    @property
    def subject(self) -> str:
        """The queue."""
        return self.queue


class TypePause(Pause):
    """One pause of one task type, by the name that it had then."""

    name = models.CharField("task type", max_length=MAX_NAME_CHARACTERS)

    objects = PauseQuerySet["TypePause"].as_manager()

    class Meta(Pause.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=["name"], name="type_pause_open", condition=Q(ended_at=None)
            ),
        )

    @property
    def subject(self) -> str:
        """The task type."""
        return self.name

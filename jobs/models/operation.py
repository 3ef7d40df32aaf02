"""An action over all tasks of a filter, and how far it has come."""

import uuid_utils.compat
from django.db import models
from django.utils import timezone

from jobs.domain.operations import Action, OperationState
from jobs.domain.states import ENDED
from jobs.models.task import Task


class Operation(models.Model):
    """Its id, a UUIDv7, bounds it: tasks with a greater one were created later, and are not its.

    `cursor` is the last task that was visited: it is committed together with what was done up to
    there, so whoever goes on from it neither leaves out nor repeats any.
    """

    id = models.UUIDField(primary_key=True, default=uuid_utils.compat.uuid7, editable=False)
    action = models.CharField(
        max_length=10, choices=[(action.value, action.value) for action in Action]
    )
    filter = models.JSONField(default=dict)
    actor = models.CharField(max_length=150, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    state = models.CharField(
        max_length=9,
        choices=[(state.value, state.value) for state in OperationState],
        default=OperationState.RUNNING.value,
    )
    history = models.JSONField(
        default=list, help_text="Who paused, resumed or cancelled it, why and when; the first first"
    )
    total_count = models.PositiveBigIntegerField(
        null=True, help_text="Tasks of the filter when it began; not counted yet: empty"
    )
    done_count = models.PositiveBigIntegerField(default=0)
    skipped_count = models.PositiveBigIntegerField(
        default=0, help_text="Left as they were: their state refuses the action"
    )
    failed_count = models.PositiveBigIntegerField(
        default=0, help_text="The database refused the change"
    )
    cursor = models.UUIDField(null=True)
    task = models.ForeignKey(
        Task, models.SET_NULL, null=True, related_name="+", db_constraint=False
    )
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()  # who may what is said by the permissions of Task
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.action} {self.pk}"

    @property
    def standing(self) -> OperationState:
        """Its state, or `failed` when the task that should work on it has ended without it."""
        state = OperationState(self.state)
        if state is OperationState.RUNNING and (self.task is None or self.task.state in ENDED):
            return OperationState.FAILED
        return state

    @property
    def stopped_by(self) -> str:
        """Who paused or cancelled it last; empty when nobody did."""
        stops = (line["actor"] for line in reversed(self.history) if line["verb"] != "resume")
        return str(next(stops, ""))

    @property
    def percent(self) -> float | None:
        """How far it has come; None until its tasks are counted."""
        if self.state == OperationState.COMPLETED:
            return 100.0
        if self.total_count is None:
            return None
        visited = self.done_count + self.skipped_count + self.failed_count
        return round(min(100.0, 100 * visited / max(1, self.total_count)), 1)

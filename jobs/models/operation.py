"""An action over all tasks of a filter, how far it has come, and what it did to each."""

from typing import Self, cast

import uuid_utils.compat
from django.db import models
from django.db.models import Q
from django.utils import timezone

from jobs.domain.operations import Action, OperationState, Result
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
    parameters = models.JSONField(default=dict, help_text="What it is done with")
    undoes = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        related_name="undone_by",
        help_text="The operation whose tasks it takes back; its filter is empty then",
    )
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
        return round(min(100.0, 100 * self.visited_count / max(1, self.total_count)), 1)

    @property
    def visited_count(self) -> int:
        """The tasks of which it is known what became of them."""
        return self.done_count + self.skipped_count + self.failed_count


#: The results by which reports are looked through; done is nearly all of them.
TOLD_APART = sorted({Result.ASKED, Result.SKIPPED, Result.FAILED})


class OperationResultQuerySet(models.QuerySet["OperationResult"]):
    """Words that chain, and never write."""

    def told(self, result: Result) -> Self:
        """Those with one result.

        Spelled in literals where it is a rare one: SQLite proves a partial index from nothing else.
        """
        rows = self.filter(result=result)
        if result not in TOLD_APART:
            return rows
        known = ", ".join(f"'{each}'" for each in TOLD_APART)
        return cast("Self", rows.extra(where=[f"result IN ({known})"]))  # noqa: S610 - constants


class OperationResult(models.Model):
    """What became of one task of one operation. Narrow, and without rows of its own to join."""

    pk = models.CompositePrimaryKey("operation_id", "task_id")
    operation = models.ForeignKey(
        Operation, models.CASCADE, related_name="results", db_constraint=False, db_index=False
    )
    task_id = models.UUIDField()
    result = models.CharField(
        max_length=7, choices=[(result.value, result.value) for result in Result]
    )
    note = models.TextField(
        blank=True, default="", help_text="The state that refused it, or what else did"
    )

    objects = OperationResultQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ("operation_id", "task_id")
        indexes = (
            models.Index(
                fields=["operation", "result", "task_id"],
                name="operation_result_rare",
                condition=Q(result__in=TOLD_APART),
            ),
        )

    def __str__(self) -> str:
        return f"{self.result} {self.task_id}"

"""The row of record."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self, cast
from uuid import UUID

import uuid_utils.compat
from django.db import connections, models
from django.db.models import Q
from django.utils import timezone

from jobs.domain.states import ENDED, OPEN, State

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.backends.ddl_references import Statement


def _states(states: frozenset[State]) -> list[str]:
    return sorted(state.value for state in states)


class EndedIndex(models.Index):
    """An index with its condition on PostgreSQL, a full one on SQLite.

    SQLite uses a partial index only when the query repeats its condition as literals, which the
    ORM's bound parameters never do; and there the full index costs nothing on updates that leave
    its columns alone.
    """

    def create_sql(
        self,
        model: type[models.Model],
        schema_editor: "BaseDatabaseSchemaEditor",
        using: str = "",
        **kwargs: Any,
    ) -> "Statement":
        """Like the base class's, without the condition where it would only do harm."""
        if schema_editor.connection.vendor == "sqlite":
            _, _, options = self.deconstruct()
            full = models.Index(fields=options["fields"], name=options["name"])
            return full.create_sql(model, schema_editor, using, **kwargs)
        return super().create_sql(model, schema_editor, using, **kwargs)


class TaskQuerySet(models.QuerySet["Task"]):
    """Words that chain, and never write."""

    def open(self) -> Self:
        """Not ended."""
        return self.filter(state__in=_states(OPEN))

    def ended(self) -> Self:
        """Ended, well or badly."""
        return self.filter(state__in=_states(ENDED))

    def pending(self) -> Self:
        """May run now, and wait for a worker.

        Spelled in literals, as the dead letters are.
        """
        where = "jobs_task.state = 'PENDING'"
        return cast("Self", self.extra(where=[where]))  # noqa: S610 - a constant

    def planned(self) -> Self:
        """Wait for a moment: scheduled, or for their next attempt.

        Spelled in literals, as the dead letters are.
        """
        where = "jobs_task.state IN ('RETRY', 'SCHEDULED')"
        return cast("Self", self.extra(where=[where]))  # noqa: S610 - a constant

    def dead_letters(self) -> Self:
        """Failed, and neither requeued nor discarded since.

        Spelled in literals: SQLite proves a partial index from nothing else.
        """
        where = "jobs_task.state = 'FAILURE' AND jobs_task.discarded_at IS NULL"
        return cast("Self", self.extra(where=[where]))  # noqa: S610 - a constant

    def among(self, ids: Sequence[UUID]) -> Self:
        """Those of these ids, handed over as one value: a thousand would be parsed one by one."""
        if connections[self.db].vendor == "postgresql":
            where, given = "jobs_task.id = ANY(%s::uuid[])", f"{{{','.join(map(str, ids))}}}"
        else:
            where = "jobs_task.id IN (SELECT value FROM json_each(%s))"
            given = json.dumps([each.hex for each in ids])
        return cast("Self", self.extra(where=[where], params=[given]))  # noqa: S610 - constants

    def holding_keys(self) -> Self:
        """Open, with a unique key that no other open task of the type may have.

        Spelled in literals, as the dead letters are.
        """
        states = ", ".join(f"'{state}'" for state in _states(OPEN))
        where = f"jobs_task.unique_key IS NOT NULL AND jobs_task.state IN ({states})"
        return cast("Self", self.extra(where=[where]))  # noqa: S610 - constants

    def awaited_ends(self) -> Self:
        """Ended, and others that wait for that have not been told.

        Spelled in literals, as the dead letters are.
        """
        states = ", ".join(f"'{state}'" for state in _states(ENDED))
        # Said twice: the index's condition, and a value by which SQLite prefers it to others.
        awaited = "jobs_task.awaited AND jobs_task.awaited = true"
        where = f"{awaited} AND jobs_task.state IN ({states})"
        return cast("Self", self.extra(where=[where]))  # noqa: S610 - constants

    def on_queue(self, name: str) -> Self:
        """Of one queue."""
        return self.filter(queue=name)

    def newest_first(self) -> Self:
        """By id: a UUIDv7 carries the time of creation."""
        return self.order_by("-pk")


class Task(models.Model):
    """One request to run a task type. Redis holds only a ticket with its id."""

    id = models.UUIDField(primary_key=True, default=uuid_utils.compat.uuid7, editable=False)
    name = models.CharField("task type", max_length=200)
    queue = models.CharField(max_length=32)
    args = models.JSONField(default=list, blank=True)
    kwargs = models.JSONField("arguments", default=dict, blank=True)
    state = models.CharField(
        max_length=9,
        choices=[(state.value, state.value) for state in State],
        default=State.PENDING.value,
    )
    fence = models.PositiveIntegerField(
        default=0,
        db_default=0,
        help_text="Rises with each claim and requeue; a write under an older one is void",
    )
    tries = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        help_text="Attempts of this life that ended by the task's own doing",
    )
    rescues = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        help_text="Attempts of this life that ended with their worker's death",
    )
    attempt_count = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Attempts ever recorded; a requeue does not reset it"
    )
    max_retries = models.PositiveSmallIntegerField(default=3)
    timeout_seconds = models.FloatField(default=300.0)
    run_after = models.DateTimeField(
        default=timezone.now, help_text="May run from here on; when PENDING: waits since"
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    discarded_at = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001 - NULL: nobody's
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(default=timezone.now)
    result = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True, default="", db_default="")
    progress = models.JSONField(null=True, blank=True)
    submitted_by = models.CharField(max_length=150, blank=True, default="", db_default="")
    tags = models.JSONField(null=True, blank=True, help_text="NULL when there are none")
    unique_key = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001 - as worker
    awaited = models.BooleanField(
        null=True, blank=True, help_text="True while others wait for its end, else NULL"
    )
    failure = models.CharField(  # noqa: DJ001 - NULL: no index holds the many that never failed
        max_length=16,
        null=True,
        blank=True,
        help_text="The fingerprint of its last attempt that failed",
    )
    parent = models.UUIDField(null=True, blank=True, help_text="The task that this one runs again")

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)
        indexes = (
            # Two narrow indexes of waiting rows: the sweep and the depths read one queue's PENDING
            # rows, promote reads what falls due; neither must wade through the other's millions.
            models.Index(
                fields=["queue", "run_after"], name="task_pending", condition=Q(state="PENDING")
            ),
            models.Index(
                fields=["run_after"], name="task_due", condition=Q(state__in=["RETRY", "SCHEDULED"])
            ),
            models.Index(fields=["worker"], name="task_running", condition=Q(state="STARTED")),
            models.Index(
                fields=["id", "queue"],
                name="task_dead_letter",
                condition=Q(state="FAILURE", discarded_at=None),
            ),
            EndedIndex(fields=["state", "id"], name="task_open", condition=~Q(state="SUCCESS")),
            EndedIndex(
                fields=["name", "id"], name="task_name", condition=Q(state__in=_states(ENDED))
            ),
            EndedIndex(
                fields=["queue", "id"], name="task_queue", condition=Q(state__in=_states(ENDED))
            ),
            models.Index(
                fields=["awaited", "state"],
                name="task_awaited",
                condition=Q(awaited=True) & Q(state__in=_states(ENDED)),
            ),
            models.Index(
                fields=["failure", "state", "id"],
                name="task_failure",
                condition=Q(failure__isnull=False, discarded_at=None),
            ),
            models.Index(fields=["parent"], name="task_parent", condition=Q(parent__isnull=False)),
        )
        constraints = (
            # It holds whatever moves an ended task back; plain tasks never enter it. The order of
            # the two conditions lets a NULL decide.
            models.UniqueConstraint(
                fields=["name", "unique_key"],
                name="task_unique_key",
                condition=Q(unique_key__isnull=False) & Q(state__in=_states(OPEN)),
            ),
        )
        permissions = (
            ("submit_task", "Can submit tasks"),
            ("cancel_task", "Can cancel tasks"),
            ("requeue_task", "Can requeue tasks"),
            ("discard_task", "Can discard dead letters"),
            ("reschedule_task", "Can reschedule waiting tasks"),
            ("move_task", "Can move waiting tasks to another queue"),
            ("view_payload", "Can see arguments, results and errors"),
            ("pause_queue", "Can pause and resume queues and task types"),
            ("view_audit", "Can see what operators did"),
            ("triage_failures", "Can acknowledge, mute, resolve and assign failures"),
            ("manage_workers", "Can quiet and stop workers"),
            ("manage_tokens", "Can create and revoke API tokens"),
            ("manage_webhooks", "Can manage webhooks"),
            ("manage_schedules", "Can manage schedules"),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.pk}"

"""Which task waits for which."""

from django.db import models
from django.db.models import Q

from jobs.models.task import Task


class Dependency(models.Model):
    """One task that waits, or waited, until another has succeeded.

    `jobs.services.unblock` keeps the two marks, each under a lock of the waiting task's row. Their
    partial indexes hold only what is still to be done.
    """

    task = models.ForeignKey(
        Task, models.CASCADE, related_name="dependencies", db_constraint=False, db_index=False
    )
    depends_on = models.ForeignKey(
        Task, models.DO_NOTHING, related_name="dependants", db_constraint=False, db_index=False
    )
    watched = models.BooleanField(
        default=False,
        help_text="The other task's row says that its end is awaited, or it has ended",
    )
    settled = models.BooleanField(
        default=False, help_text="The other task has ended, and this one took account of it"
    )

    class Meta:
        verbose_name_plural = "dependencies"
        constraints = (
            models.UniqueConstraint(fields=["task", "depends_on"], name="dependency_edge"),
        )
        indexes = (
            models.Index(fields=["task"], name="dependency_unwatched", condition=Q(watched=False)),
            models.Index(
                fields=["depends_on"], name="dependency_unsettled", condition=Q(settled=False)
            ),
        )

    def __str__(self) -> str:
        return f"{self.task_id} waits for {self.depends_on_id}"

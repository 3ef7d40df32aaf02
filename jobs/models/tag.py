"""Where the tasks of a tag are found."""

from django.db import models

from jobs.models.task import Task


class TaskTag(models.Model):
    """One tag of one task: an index in the form of a table, written with the task's `tags`.

    No index over texts inside a JSON column gives a tag's tasks in the order of their ids, on which
    the pages of lists rest. Tasks without tags have no row here.
    """

    tag = models.CharField(max_length=50)
    task = models.ForeignKey(Task, models.CASCADE, related_name="tagged", db_constraint=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["tag", "task"], name="tag_task"),)

    def __str__(self) -> str:
        return f"{self.tag} {self.task_id}"

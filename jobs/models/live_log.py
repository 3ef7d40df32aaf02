"""The end of the log of an attempt that still runs."""

from django.db import models


class LiveLog(models.Model):
    """What a running task logged last, written while somebody watches; its attempt keeps it all.

    `fence` names the run: a row of another run than the task's present one says nothing.
    """

    task_id = models.UUIDField(primary_key=True)
    fence = models.BigIntegerField()
    text = models.TextField()
    at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ()  # whoever sees payloads sees what tasks log

    def __str__(self) -> str:
        return f"log of {self.task_id}"

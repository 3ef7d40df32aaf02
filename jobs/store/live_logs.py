"""The ends of the logs of attempts that still run."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone

from jobs.models import LiveLog


class LogEnd(NamedTuple):
    """What a run of a task logged last."""

    task_id: str
    fence: int
    text: str


def write_live_logs(ends: Sequence[LogEnd]) -> None:
    """Store them, each in place of what that task logged before."""
    now = timezone.now()
    LiveLog.objects.bulk_create(
        [
            LiveLog(task_id=UUID(end.task_id), fence=end.fence, text=end.text, at=now)
            for end in ends
        ],
        update_conflicts=True,
        unique_fields=["task_id"],
        update_fields=["fence", "text", "at"],
    )

"""What callers send to pause a queue or a task type."""

from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from django.utils import timezone
from pydantic import Field

from jobs.api.forms import MOST_DELAY_SECONDS, Form, Moment, Reason
from jobs.api.problems import refuse

#: Examples of the form.
PAUSES = MappingProxyType[str, dict[str, Any]](
    {
        "Until it is resumed": {"reason": "The mail server is being moved."},
        "For ten minutes": {"reason": "A deployment.", "seconds": 600},
    }
)


class PauseForm(Form):
    """Why something is to stand still, and for how long."""

    reason: Reason = Field(min_length=1, description="Shown wherever somebody asks why tasks wait.")
    until: Moment | None = Field(
        None, description="It goes on by itself then; else when somebody resumes it."
    )
    seconds: float | None = Field(
        None,
        ge=1,
        le=MOST_DELAY_SECONDS,
        allow_inf_nan=False,
        description="The same as seconds from now, in place of `until`.",
    )

    def end(self) -> datetime | None:
        """When the pause is to end by itself; InvalidInput when it is said twice."""
        if self.seconds is None:
            return self.until
        if self.until is not None:
            refuse("seconds", "excludes 'until': give one of them")
        return timezone.now() + timedelta(seconds=self.seconds)

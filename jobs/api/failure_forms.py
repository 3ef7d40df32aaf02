"""What callers send about failures: which they mean, and what they decide."""

from pydantic import BaseModel, ConfigDict, Field

from jobs.api.filters import Moment
from jobs.api.forms import PRINTABLE, Form, Reason, printable
from jobs.domain.fingerprint import FINGERPRINT
from jobs.domain.triage import FailureStatus
from jobs.selectors.failures import MOST_PER_PAGE, FailureFilter
from jobs.services.failures import MOST_NOTE

PAGE = 50
_STATUS = "|".join(FailureStatus)


class FailureQuery(BaseModel):
    """Which groups to list; what is left out does not narrow."""

    model_config = ConfigDict(extra="forbid")

    status: str = Field(
        "",
        pattern=f"^(({_STATUS})(,({_STATUS}))*)?$",
        description="Comma-separated; may be repeated.",
    )
    task_type: str = Field("", json_schema_extra=PRINTABLE)
    exception: str = Field(
        "", json_schema_extra=PRINTABLE, description="Part of the exception's class."
    )
    assignee: str = Field("", json_schema_extra=PRINTABLE, description="A user's name.")
    release: str = Field(
        "", json_schema_extra=PRINTABLE, description="In which it was seen first or last."
    )
    seen_after: Moment | None = Field(None, description="Its latest failure is no older than this.")
    limit: int = Field(PAGE, ge=1, le=MOST_PER_PAGE)
    cursor: str = Field(
        "",
        pattern=f"^([0-9]{{1,16}}-{FINGERPRINT.pattern})?$",
        description="Continue after this group; taken from `next`.",
    )

    def as_filter(self) -> FailureFilter:
        """What the selector takes."""
        return FailureFilter(
            statuses=frozenset(map(FailureStatus, filter(None, self.status.split(",")))),
            task_type=printable("task_type", self.task_type),
            exception=printable("exception", self.exception),
            assignee=printable("assignee", self.assignee),
            release=printable("release", self.release),
            seen_after=self.seen_after,
        )


class AssignForm(Form):
    """Who is to be answerable, and why."""

    assignee: str | None = Field(description="The name of an active user; null for nobody.")
    reason: Reason = ""


class NoteForm(Form):
    """What everybody should know."""

    note: str = Field(
        max_length=MOST_NOTE,
        json_schema_extra=PRINTABLE,
        description="In place of what stood there.",
    )

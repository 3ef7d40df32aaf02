"""Answers about failures in groups."""

from datetime import datetime

from pydantic import Field

from jobs.api.answers.problem import Answer
from jobs.domain.triage import FailureStatus
from jobs.store.failed_tasks import MOST_COUNTED


class FailureAnswer(Answer):
    """Failures that probably have one cause: one task type, exception and place in the code."""

    fingerprint: str
    title: str
    task_type: str
    exception: str = Field(
        description=(
            "A class, or `jobs.TimedOut`, `jobs.Crashed`, `jobs.Lost`, `jobs.DependencyFailed`."
        )
    )
    frame: str = Field(
        description="The innermost function of the application, as in `shop.orders:charge`; or ''."
    )
    message: str | None = Field(
        description="Of the latest; null for those who may not see payloads."
    )
    last_task_id: str
    first_seen: datetime
    last_seen: datetime
    first_release: str
    last_release: str
    occurrences: int = Field(description="Attempts that failed so, ever.")
    given_up: int = Field(description="Those after which their task failed for good.")
    occurrences_1h: int = Field(description="In steps of ten minutes, as the next two are.")
    occurrences_24h: int
    occurrences_7d: int
    dead_letters: int = Field(
        description=(
            "Tasks whose last failure this is, given up and not discarded since; counted up to "
            f"{MOST_COUNTED + 1:,}, which means more than {MOST_COUNTED:,}."
        )
    )
    retrying: int = Field(description="Those that are not given up; counted likewise.")
    status: FailureStatus
    status_at: datetime = Field(description="When it got this status.")
    assignee: str | None = Field(description="The name of the user who is answerable.")
    note: str


class FailurePage(Answer):
    """Some groups, the latest to fail first."""

    count: int = Field(description="Groups on this page.")
    failures: list[FailureAnswer]
    next: str | None


class FailureChangeAnswer(Answer):
    """One line of a group's history."""

    change: str
    actor: str = Field(description="Empty when it came by itself.")
    reason: str
    at: datetime


class FailureHistoryAnswer(FailureAnswer):
    """A group with what was decided of it, the latest first, up to a hundred lines."""

    history: list[FailureChangeAnswer]

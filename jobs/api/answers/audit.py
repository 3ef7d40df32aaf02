"""Answers about what operators did."""

from datetime import datetime
from typing import Any

from pydantic import Field

from jobs.api.answers.problem import Answer
from jobs.domain.audit import Door


class AuditAnswer(Answer):
    """One deed."""

    id: str
    at: datetime
    actor: str
    address: str | None = Field(description="The IP address of whoever did it.")
    token: str | None = Field(description="The beginning of the API token that was used.")
    door: Door
    verb: str
    subject: str = Field(description="The kind of thing it was done to.")
    subject_id: str | None = Field(description="Which one; null where there were many.")
    filter: dict[str, Any] | None = Field(description="Of many: which ones were meant.")
    count: int | None = Field(description="How many; null where it was not known yet.")
    reason: str
    before: dict[str, Any] = Field(description="What it changed, as that was.")
    after: dict[str, Any] = Field(description="What it changed, as that is since.")


class AuditPage(Answer):
    """Some deeds, the newest first."""

    count: int = Field(description="Entries on this page.")
    entries: list[AuditAnswer]
    next: str | None

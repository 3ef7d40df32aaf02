"""Answers about webhooks."""

from datetime import datetime

from pydantic import Field

from jobs.api.answers.problem import Answer
from jobs.domain.states import State
from jobs.domain.webhooks import DeliveryState


class WebhookAnswer(Answer):
    """Who is told what becomes of tasks; its secret is not told."""

    webhook_id: str
    url: str
    description: str
    states: list[State]
    task_types: list[str] = Field(description="Empty: every type.")
    tags: list[str] = Field(description="Any of them; empty: whatever tags.")
    with_payload: bool
    enabled: bool
    disabled_at: datetime | None
    disabled_reason: str
    consecutive_failures: int
    failing_since: datetime | None
    resume_at: datetime | None = Field(description="After a failure nothing is sent before.")
    owner: str | None = Field(description="Who made it: payloads need this user's permission.")
    created_at: datetime
    previous_secret_until: datetime | None = Field(
        description="Until then the secret of before signs too."
    )


class WebhookSecret(WebhookAnswer):
    """A webhook with its new secret: this answer is the only one that tells it."""

    secret: str = Field(description="As in `whsec_…`: keep it where the receiver finds it.")


class Webhooks(Answer):
    """Every webhook, the newest first."""

    count: int
    webhooks: list[WebhookAnswer]


class DeliveryAnswer(Answer):
    """One message to a webhook, and what became of it."""

    delivery_id: str
    event_id: str = Field(description="The message's `id`, the same at every try.")
    type: str = Field(description="As in `task.success`.")
    task_id: str | None
    state: DeliveryState
    attempts: int
    created_at: datetime
    attempted_at: datetime | None
    due_at: datetime | None = Field(description="When it is tried again; null: not by itself.")
    status_code: int | None = Field(description="Of the last try; null when nothing answered.")
    duration_seconds: float | None
    error: str | None


class DeliveryPage(Answer):
    """Some messages, the newest first."""

    count: int = Field(description="Messages on this page.")
    deliveries: list[DeliveryAnswer]
    next: str | None


class WebhookRemoved(Answer):
    """The webhook is gone, and its log with it."""

    webhook_id: str
    status: str

"""Webhooks and their log in words that JSON can carry, and the messages themselves."""

from typing import Any

from jobs.domain.webhooks import PING
from jobs.models import Task, Webhook, WebhookDelivery
from jobs.selectors.facts import moment, task_facts, task_line, without_payload
from jobs.store.webhooks import task_of


def webhook_facts(webhook: Webhook) -> dict[str, Any]:
    """All of one webhook but what could sign; its owner should have been read with it."""
    return {
        "webhook_id": str(webhook.pk),
        "url": webhook.url,
        "description": webhook.description,
        "states": webhook.states,
        "task_types": webhook.task_types,
        "tags": webhook.tags,
        "with_payload": webhook.with_payload,
        "enabled": webhook.enabled,
        "disabled_at": moment(webhook.disabled_at),
        "disabled_reason": webhook.disabled_reason,
        "consecutive_failures": webhook.consecutive_failures,
        "failing_since": moment(webhook.failing_since),
        "resume_at": moment(webhook.resume_at),
        "owner": webhook.owner.get_username() if webhook.owner else None,
        "created_at": moment(webhook.created_at),
        "previous_secret_until": moment(webhook.previous_until),
    }


def delivery_facts(delivery: WebhookDelivery) -> dict[str, Any]:
    """One line of the log."""
    return {
        "delivery_id": str(delivery.pk),
        "event_id": str(delivery.event_id),
        "type": delivery.type,
        "task_id": str(delivery.task) if delivery.task else None,
        "state": str(delivery.state),
        "attempts": delivery.attempts,
        "created_at": moment(delivery.created_at),
        "attempted_at": moment(delivery.attempted_at),
        "due_at": moment(delivery.due_at) if delivery.state == "waiting" else None,
        "status_code": delivery.status_code,
        "duration_seconds": delivery.duration_seconds,
        "error": delivery.error or None,
    }


def message_of(webhook: Webhook, delivery: WebhookDelivery) -> dict[str, Any]:
    """What the receiver is told: of a task as it was, in the words of the API.

    Its payload only where the webhook asks for it and its owner may see payloads now.
    """
    data: dict[str, Any] = {"webhook_id": str(webhook.pk)}
    if delivery.type != PING:
        data = _task(task_of(delivery.facts), payload=may_see_payload(webhook))
    return {
        "id": str(delivery.event_id),
        "type": delivery.type,
        "timestamp": moment(delivery.created_at),
        "data": data,
    }


def may_see_payload(webhook: Webhook) -> bool:
    """Whether messages carry arguments, results and errors."""
    owner = webhook.owner
    return bool(
        webhook.with_payload
        and owner is not None
        and owner.is_active
        and owner.has_perm("jobs.view_payload")
    )


def _task(then: Task, *, payload: bool) -> dict[str, Any]:
    if not payload:
        return without_payload(task_line(then))
    now = Task.objects.filter(pk=then.pk).first()
    if now is None:
        return without_payload(task_line(then))
    then.args, then.kwargs = now.args, now.kwargs
    if (now.fence, now.state, now.attempt_count) == (then.fence, then.state, then.attempt_count):
        then.result, then.error, then.progress = now.result, now.error, now.progress
    return task_facts(then)

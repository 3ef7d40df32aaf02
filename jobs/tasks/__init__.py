"""The product's own task types."""

from jobs.tasks import demo, operations, webhooks

__all__ = ["demo", "operations", "webhooks"]

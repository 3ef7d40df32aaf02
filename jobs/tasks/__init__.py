"""The product's own task types."""

from jobs.tasks import demo, operations

__all__ = ["demo", "operations"]

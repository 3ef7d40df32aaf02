"""The product's own task types."""

from jobs.tasks import demo

__all__ = ["demo"]

"""This project."""

import django
from django.core.management import call_command

django.setup()

from benchmarks.tasks import mark  # noqa: E402


def prepare() -> None:
    """Make the tables."""
    call_command("migrate", verbosity=0)


def enqueue() -> None:
    """One call."""
    mark.enqueue()


def enqueue_many(count: int) -> None:
    """Many calls."""
    mark.enqueue_many(([], {}) for _ in range(count))

"""Celery on Redis, its results in Django's database by django-celery-results."""

import os

import django
from celery import Celery
from django.core.management import call_command

from benchmarks.peers import marks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.peers.apps.django_settings")
django.setup()

app = Celery("peer", broker=os.environ["REDIS_URL"], backend="django-db")


@app.task
def mark() -> None:
    """The work."""
    marks.mark()


def prepare() -> None:
    """Make the tables."""
    call_command("migrate", verbosity=0)


def enqueue() -> None:
    """One call."""
    mark.delay()

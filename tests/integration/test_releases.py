"""Since when which release runs tasks."""

import pytest
from django.utils import timezone

from jobs.models import Release
from jobs.worker.lease import Lease
from jobs.worker.options import WorkerOptions

pytestmark = pytest.mark.django_db(transaction=True)


def start_worker(name: str, *, release: str) -> None:
    Lease(name, queues=["low"], options=WorkerOptions(release=release)).acquire()


def test_the_first_worker_of_a_release_writes_when_it_was_seen_first():
    started = timezone.now()
    start_worker("w1", release="2026.11")
    first = Release.objects.get()
    assert (first.name, first.first_seen_at >= started) == ("2026.11", True)

    # when a second one comes with it, and one with another
    start_worker("w2", release="2026.11")
    start_worker("w3", release="2026.12")

    # then the first keeps its moment
    assert list(Release.objects.values_list("name", flat=True)) == ["2026.11", "2026.12"]
    assert Release.objects.get(name="2026.11").first_seen_at == first.first_seen_at


def test_a_release_without_a_name_is_not_written():
    start_worker("w1", release="")

    assert not Release.objects.exists()

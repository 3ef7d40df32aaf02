"""Dead letters where there are more than a page counts."""

import pytest
from django.test import Client

from dashboard.snapshot import snapshot
from tests.support.rows import make_task

pytestmark = pytest.mark.django_db


def test_pages_and_sockets_say_that_there_are_more_and_the_api_counts_them(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given as many as are counted
    monkeypatch.setattr("dashboard.snapshot.MOST_FAILED", 2)
    for _ in range(2):
        make_task(state="FAILURE")
    assert 'data-stat="failed_tasks">2<' in client.get("/").content.decode()
    assert snapshot()["failed_tasks_more"] is False

    # when there is one more
    make_task(state="FAILURE")

    # then
    assert 'data-stat="failed_tasks">2+<' in client.get("/").content.decode()
    told = snapshot()
    assert (told["failed_tasks"], told["failed_tasks_more"]) == (2, True)
    assert client.get("/api/workers/stats").json()["failed_tasks"] == 3

"""What keeps the admin's pages present: the rows asked for again, and the strip of numbers."""

from typing import Any

import pytest

from jobs.models import Task
from tests.support.rows import make_task
from tests.support.staff import client_of

pytestmark = pytest.mark.django_db


URL = "/admin/jobs/task/"


def make_many(count: int, **columns: Any) -> list[Task]:
    return Task.objects.bulk_create(
        [Task(name="add", queue="low", **columns) for _ in range(count)]
    )


def test_only_those_who_may_see_tasks_see_the_list_and_its_live_rows():
    # given
    client = client_of()

    # then
    assert client.get(URL).status_code == 403
    assert client.get(f"{URL}live/", {"shown": ""}).status_code == 403


def test_the_live_rows_tell_the_present_state_and_how_many_are_newer(root):
    # given a page that shows one task
    task = make_task()
    query = {"shown": str(task.pk), "newest": str(task.pk)}

    # when it ends, and two more come
    Task.objects.update(state="SUCCESS")
    make_many(2)
    answer = root.get(f"{URL}live/", query).json()

    # then
    assert "Success" in answer["rows"][str(task.pk)]["state_badge"]
    assert answer["new"] == "2"


def test_newer_rows_are_counted_under_the_lists_own_filters(root):
    # given
    task = make_task(queue="high")
    make_many(2)

    # when
    query = {"shown": str(task.pk), "newest": str(task.pk), "queue": "high"}
    answer = root.get(f"{URL}live/", query).json()

    # then
    assert answer["new"] == ""


def test_the_live_rows_withhold_payloads_like_the_list():
    # given
    task = make_task(kwargs={"card": "secret"}, error="secret", state="FAILURE")

    # when
    answer = client_of("jobs.view_task").get(f"{URL}live/", {"shown": str(task.pk)})

    # then
    assert "secret" not in answer.content.decode()


@pytest.mark.parametrize("shown_ids", ["", "x,y", "," * 500])
def test_nonsense_asked_of_the_live_rows_is_no_error(root, shown_ids):
    assert root.get(f"{URL}live/", {"shown": shown_ids, "newest": "x"}).json()["rows"] == {}


def test_the_index_shows_the_numbers_to_those_who_may_see_tasks():
    # given
    make_many(3)

    # then
    assert "data-live-strip" in client_of("jobs.view_task").get("/admin/").content.decode()
    assert "data-live-strip" not in client_of(name="eve").get("/admin/").content.decode()

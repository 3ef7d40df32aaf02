"""Task types in the admin: how each does, its page, and the form that runs it."""

import re

import pytest
from django.utils import timezone

from jobs.domain.histogram import bucket_of
from jobs.maintenance.fold import fold
from jobs.models import Rollup, Task
from tests.support.rows import ago, make_task
from tests.support.staff import client_of

pytestmark = pytest.mark.django_db

PAGE = "/admin/jobs/tasktypes/"
MAIL = f"{PAGE}type/send_5Femail/"  # as the admin quotes an underscore
DAY = 86_400


def histogram(**seconds_to_count: int) -> list[int]:
    """Counts by duration in milliseconds: `ms500=90`."""
    places = {bucket_of(int(key[2:]) / 1000): count for key, count in seconds_to_count.items()}
    return [places.get(place, 0) for place in range(max(places) + 1)]


def count(seconds_ago: float, name: str = "send_email", **counts: object) -> None:
    minute = ago(seconds_ago).replace(second=0, microsecond=0)
    Rollup.objects.create(at=minute, queue="default", name=name, **counts)


def row_of(page: str, name: str) -> str:
    return page.partition(f"{name}</bdi>")[2].partition("</tr>")[0]


def test_the_list_tells_volume_success_and_percentiles_of_the_window(root):
    # given
    runs, waits = histogram(ms20=94, ms8000=6), histogram(ms500=100)
    ended = {"succeeded": 90, "failed": 10, "retried": 5}
    count(120, **ended, run_histogram=runs, wait_histogram=waits)
    count(2 * DAY, succeeded=1000)

    # then
    row = row_of(root.get(PAGE).content.decode(), "send_email")
    assert re.findall(r">([^<>]+)</td>", row) == [
        "high", "100", "90 %", "10", "5", "506 ms / 506 ms / 506 ms", "20 ms / 8.0 s / 8.0 s"
    ]  # fmt: skip
    week = root.get(f"{PAGE}?window=7d").content.decode()
    assert ">1,100<" in row_of(week, "send_email")
    assert 'href="?window=7d" aria-current="page"' in week


def test_a_type_that_ran_once_in_a_week_has_its_percentiles(root):
    count(3 * DAY + 60, succeeded=1, run_histogram=histogram(ms20=1), wait_histogram=[1])
    fold()

    page = root.get(f"{MAIL}?window=7d").content.decode()

    assert "20 ms" in page


def test_types_that_nobody_registered_are_warned_of(root):
    make_task(name="gone.<b>type</b>")
    make_task(name="gone.<b>type</b>")
    count(60, name="old.type", succeeded=1)

    page = root.get(PAGE).content.decode()

    assert "gone.&lt;b&gt;type&lt;/b&gt;</bdi></a> (2)" in page
    assert "<b>type" not in page
    assert page.count("Unknown</span>") == 1


def test_a_site_without_any_task_has_its_types_all_the_same(root):
    page = root.get(PAGE).content.decode()

    assert "send_email" in page
    assert "does not know" not in page


def test_the_page_of_a_type_tells_its_defaults_and_its_slowest_tasks(root):
    # given
    count(60, succeeded=3, run_histogram=histogram(ms20=3), wait_histogram=histogram(ms1=3))
    now = timezone.now()
    quick = make_task(name="send_email", state="SUCCESS", started_at=ago(2), finished_at=now)
    slow = make_task(name="send_email", state="FAILURE", started_at=ago(90), finished_at=now)
    other = make_task(name="add", state="SUCCESS", started_at=ago(500), finished_at=now)

    # then
    page = root.get(MAIL).content.decode()
    assert page.index(str(slow.pk)) < page.index(str(quick.pk))
    assert str(other.pk) not in page
    assert "Back-off" in page
    assert "Timeout" in page
    assert page.count('class="jobs-bars"') == 2
    assert "Runs by how long they took, from" in page


def test_the_page_of_a_type_that_is_gone_still_tells_what_it_did(root):
    count(60, name="old.type", succeeded=3)

    page = root.get(f"{PAGE}type/old.type/").content.decode()

    assert "No function is registered under this name" in page
    assert 'method="post" action="#run"' not in page
    assert root.post(f"{PAGE}type/old.type/").status_code == 404


def test_a_type_that_never_was_is_404(root):
    assert root.get(f"{PAGE}type/never/").status_code == 404
    assert root.get(f"{PAGE}type/%00/").status_code == 404


def test_the_form_runs_it_and_leads_to_the_task(root):
    fields = {"argument-to": "ada@example.com", "argument-subject": "Hi", "argument-body": "You"}

    answer = root.post(MAIL, fields | {"queue": "low"})

    task = Task.objects.get()
    assert answer.url == f"/admin/jobs/task/{task.pk}/change/"
    assert (task.name, task.queue, task.submitted_by) == ("send_email", "low", "root")
    assert task.kwargs["to"] == "ada@example.com"


def test_the_form_says_what_is_wrong_and_keeps_what_was_typed(root):
    answer = root.post(MAIL, {"argument-subject": "<kept>", "argument-body": "x", "delay": "soon"})

    page = answer.content.decode()
    assert answer.status_code == 400
    assert "&lt;kept&gt;" in page
    assert "not &#x27;soon&#x27;" in page
    assert 'aria-invalid="true"' in page
    assert not Task.objects.exists()


def test_the_form_is_for_those_who_may_submit():
    viewer = client_of("jobs.view_task", name="bob")
    blind = client_of("jobs.submit_task", name="eve")

    assert 'action="#run"' not in viewer.get(MAIL).content.decode()
    assert viewer.post(MAIL, {"argument-to": "x"}).status_code == 403
    for url in (PAGE, MAIL):
        assert blind.get(url).status_code == 403
    assert blind.post(MAIL, {"argument-to": "x"}).status_code == 403
    assert not Task.objects.exists()


def test_what_is_the_projects_own_affair_has_a_page_and_no_form(root):
    own = f"{PAGE}type/jobs.run_5Foperation/"

    assert 'action="#run"' not in root.get(own).content.decode()
    assert root.post(own, {"argument-operation_id": "x"}).status_code == 404
    assert not Task.objects.exists()


def test_nothing_is_added_or_changed_there_by_hand(root):
    for path in ("add/", "1/change/", "1/delete/"):
        assert root.get(f"{PAGE}{path}").status_code == 404


@pytest.mark.parametrize("window", ["1h", "24h", "7d", "nonsense"])
def test_the_pages_cost_at_most_twelve_queries(django_assert_max_num_queries, window):
    client = client_of("jobs.view_task", "jobs.submit_task")
    for name in ("send_email", "add", "old.type"):
        for minutes in range(1, 40):
            count(60 * minutes, name=name, succeeded=1, run_histogram=[1], wait_histogram=[1])
    make_task(name="gone")

    for url in (PAGE, MAIL):
        with django_assert_max_num_queries(12):
            client.get(f"{url}?window={window}")

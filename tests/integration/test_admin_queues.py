"""The queues in the admin: their numbers, a page for each, and how one is cleared."""

import re

import pytest
from django.utils import timezone

from jobs.domain.states import State
from jobs.models import Operation, Rollup, WorkerLease
from jobs.selectors.queue_pages import queue_page
from jobs.services.pause import pause, resume
from tests.support.operations import worked
from tests.support.rows import ago, make_task, reload
from tests.support.staff import client_of, said

pytestmark = pytest.mark.django_db

PAGE = "/admin/jobs/queuepause/"
LOW = f"{PAGE}queue/low/"
CLEAR = f"{LOW}clear/"


def count(seconds_ago: float, queue: str = "low", **counts: int) -> None:
    """What ended then."""
    minute = ago(seconds_ago).replace(second=0, microsecond=0)
    Rollup.objects.create(at=minute, queue=queue, name="add", **counts)


def cell(page: str, label: str, row: str = "low") -> str:
    """The text of a cell of the queues' table."""
    line = page.partition(f">{row}</a></th>")[2].partition("</tr>")[0]
    found = re.search(rf'data-label="{label}">(.*?)</td>', line, re.DOTALL)
    assert found is not None, line
    return re.sub(r"<[^>]+>", "", found[1]).strip()


def test_the_table_tells_how_each_queue_stands(root):
    # given
    WorkerLease.objects.create(name="w1", host="h1", pid=7, queues=["low"])
    make_task(queue="low", run_after=ago(120))
    make_task(queue="low", state="STARTED", started_at=ago(1))
    count(0, succeeded=4)
    count(60, succeeded=5, failed=1)

    # then
    page = root.get(PAGE).content.decode()
    assert (cell(page, "Waiting"), cell(page, "Oldest")) == ("1", "2 min")
    assert (cell(page, "Running"), cell(page, "Consumers")) == ("1", "1")
    assert (cell(page, "In"), cell(page, "Out")) == ("2", "5")
    assert cell(page, "State") == "Served"
    assert cell(page, "State", row="high") == "No consumer"
    assert "Tasks that ended per minute, the last 15 minutes: 4 now, 6 at most" in page
    assert cell(page, "Last 15 min", row="high") == "none"
    assert LOW in page


def test_a_queue_that_fills_says_that_it_does_not_drain(root):
    make_task(queue="low", run_after=ago(120))

    assert cell(root.get(PAGE).content.decode(), "Drained in") == "not at this rate"


def test_the_page_of_a_queue_lists_what_waits_and_runs_first_things_first(root):
    # given
    later, first = make_task(queue="low"), make_task(queue="low", run_after=ago(60))
    running = make_task(queue="low", state="STARTED", worker="w<1>", started_at=ago(3))
    other = make_task(queue="high")
    count(120, succeeded=7, failed=2, retried=1)

    # then
    page = root.get(LOW).content.decode()
    assert page.index(str(first.pk)) < page.index(str(later.pk)) < page.index(str(running.pk))
    assert str(other.pk) not in page
    assert "w&lt;1&gt;" in page
    assert 'class="jobs-bar-good"' in page
    minutes = queue_page("low").minutes
    assert [(each.succeeded, each.failed, each.again) for each in minutes if each.total] == [
        (7, 2, 1)
    ]
    assert len(minutes) == 60


def test_an_empty_queue_says_so(root):
    page = root.get(LOW).content.decode()

    for words in (
        "Nothing waits.",
        "Nothing runs.",
        "It was never paused.",
        "within the last hour",
    ):
        assert words in page


def test_the_page_of_a_queue_tells_its_pauses_and_pauses_and_resumes_it(root):
    # given
    pause(queue="low", actor="ann", reason="<i>first</i>")
    resume(queue="low", actor="bob")

    # when
    answer = root.post(f"{PAGE}low/pause/", {"reason": "again", "from": "queue"}, follow=True)

    # then
    assert answer.redirect_chain == [(LOW, 302)]
    page = answer.content.decode()
    assert "Queue low is paused" in page
    assert "paused by root since" in page
    assert "&lt;i&gt;first&lt;/i&gt;" in page
    assert "bob" in page
    assert f"{PAGE}low/resume/" in page
    assert f"{PAGE}low/pause/" not in page


def test_a_pause_whose_time_is_over_ended_by_itself(root):
    held = pause(queue="low", actor="ann", reason="lunch")
    type(held).objects.update(since=ago(100), until=ago(50))

    page = root.get(LOW).content.decode()

    assert "by itself" in page
    assert f"{PAGE}low/pause/" in page


def test_clearing_asks_with_the_real_count_first(root):
    for _ in range(3):
        make_task(queue="low")
    make_task(queue="low", state="SCHEDULED")
    make_task(queue="high")

    page = root.get(CLEAR).content.decode()

    assert "3 tasks wait on queue low. Clearing cancels them." in page
    assert not Operation.objects.exists()


def test_an_empty_queue_cannot_be_cleared(root):
    page = root.get(CLEAR).content.decode()

    assert "there is nothing to clear" in page
    assert 'name="typed"' not in page


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"typed": "high", "reason": "x"}, "name was not typed"),
        ({"reason": "x"}, "name was not typed"),
        ({"typed": "low", "reason": " "}, "no reason was given"),
    ],
)
def test_clearing_wants_the_name_typed_and_a_reason(root, fields, words):
    task = make_task(queue="low")

    answer = root.post(CLEAR, fields)

    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert not Operation.objects.exists()
    assert reload(task).state == State.PENDING


@pytest.mark.django_db(transaction=True)
def test_clearing_cancels_in_the_background_what_waited_and_nothing_else(root):
    # given
    waiting = [make_task(queue="low") for _ in range(3)]
    others = [
        make_task(queue="high"),
        make_task(queue="low", state="SCHEDULED"),
        make_task(queue="low", state="STARTED", started_at=timezone.now()),
    ]

    # when
    answer = root.post(CLEAR, {"typed": "low", "reason": "a bad import"})

    # then
    operation = Operation.objects.get()
    assert answer.url == f"/admin/jobs/operation/{operation.pk}/change/"
    assert "Queue low is being cleared" in said(answer)
    late = make_task(queue="low")
    assert (operation.action, operation.actor, operation.reason) == (
        "cancel",
        "root",
        "a bad import",
    )
    worked(operation)
    assert {reload(task).state for task in waiting} == {State.REVOKED}
    states = [reload(task).state for task in [*others, late]]
    assert states == [State.PENDING, State.SCHEDULED, State.STARTED, State.PENDING]


def test_only_those_who_may_see_the_page_and_only_those_who_may_clear():
    make_task(queue="low")
    viewer = client_of("jobs.view_task", name="bob")
    operator = client_of("jobs.view_task", "jobs.cancel_task", name="ann")
    blind = client_of("jobs.cancel_task", name="eve")

    assert CLEAR not in viewer.get(LOW).content.decode()
    assert CLEAR in operator.get(LOW).content.decode()
    for send in (viewer.get, viewer.post, blind.get, blind.post):
        assert send(CLEAR).status_code == 403
    assert blind.get(LOW).status_code == 403
    assert blind.get(PAGE).status_code == 403
    assert not Operation.objects.exists()


def test_a_queue_that_is_not_there_is_404(root):
    for url in (f"{PAGE}queue/urgent/", f"{PAGE}queue/urgent/clear/"):
        assert root.get(url).status_code == 404
    assert root.post(LOW).status_code == 405


def test_the_pages_cost_at_most_twelve_queries(django_assert_max_num_queries):
    client = client_of("jobs.view_task", "jobs.pause_queue", "jobs.cancel_task")
    for _ in range(30):
        make_task(queue="low")
        make_task(queue="low", state="STARTED", started_at=timezone.now())
    pause(queue="low", actor="ann", reason="x")

    for url in (PAGE, LOW, CLEAR):
        with django_assert_max_num_queries(12):
            client.get(url)

"""The page of one task in the admin."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.domain.states import State
from jobs.models import Attempt, Event, Task
from tests.support.rows import ago, make_task
from tests.support.staff import client_of

pytestmark = pytest.mark.django_db


HOSTILE = "</pre></td><script>alert(1)</script>\u202e"


def url_of(task: Task) -> str:
    return f"/admin/jobs/task/{task.pk}/change/"


def page_of(client: Client, task: Task) -> str:
    response = client.get(url_of(task))
    assert response.status_code == 200
    return response.content.decode()


def add_attempts(task: Task, count: int, **columns: str) -> None:
    Attempt.objects.bulk_create(
        Attempt(
            task=task, number=n, fence=n, outcome="failed", finished_at=ago(count - n), **columns
        )
        for n in range(1, count + 1)
    )


@pytest.mark.parametrize("state", list(State))
def test_every_state_has_its_page_with_the_verbs_it_allows(root, state):
    # given
    task = make_task(state=state, worker="w1", started_at=ago(5))

    # then
    again = ["rerun", "duplicate"]
    verbs = {
        State.SUCCESS: ["requeue", *again],
        State.REVOKED: ["requeue", *again],
        State.FAILURE: ["requeue", "discard", *again],
        State.STARTED: ["cancel"],
    }
    assert [verb.name for verb in root.get(url_of(task)).context["verbs"]] == verbs.get(
        state, ["cancel", "reschedule", "move", *again]
    )


def test_a_discarded_task_is_not_discarded_again(root):
    task = make_task(state="FAILURE", discarded_at=ago(1))
    verbs = [verb.name for verb in root.get(url_of(task)).context["verbs"]]
    assert verbs == ["requeue", "restore", "rerun", "duplicate"]


def test_attempts_and_events_are_on_the_page(root):
    # given
    task = make_task(state="FAILURE", attempt_count=2)
    add_attempts(
        task, 2, exception="shop.Timeout", traceback="Traceback: line 81", log="INFO asked"
    )
    Event.objects.create(task=task, kind="requeued", actor="grace", reason="gateway is up")

    # then
    page = page_of(root, task)
    for text in ("shop.Timeout", "Traceback: line 81", "INFO asked", "grace", "gateway is up"):
        assert text in page


def test_it_says_why_a_task_is_not_running(root):
    assert "No worker listens on queue" in page_of(root, make_task())


def test_it_tells_when_a_task_is_to_run_and_how_long_that_is(root):
    # given
    due = timezone.now() + timedelta(minutes=10, seconds=30)

    # when
    page = page_of(root, make_task(state="SCHEDULED", run_after=due))

    # then
    sentence = re.search(r"<li>(It is to run at .*?)</li>", page)
    assert sentence is not None
    at = due.isoformat()
    assert f'<time datetime="{at}" data-moment' in sentence[1]
    assert f'(in <time datetime="{at}" data-until>10 min' in sentence[1]
    assert "UTC (" not in sentence[1]


def test_hostile_text_is_text_wherever_it_stands(root):
    # given
    task = make_task(
        name=HOSTILE,
        state="FAILURE",
        kwargs={HOSTILE: HOSTILE},
        result={"x": HOSTILE},
        error=HOSTILE,
        worker=HOSTILE[:100],
        submitted_by=HOSTILE,
        progress={"percent": 10, "message": HOSTILE},
    )
    add_attempts(
        task,
        1,
        exception=HOSTILE,
        error=HOSTILE,
        traceback=HOSTILE,
        log=HOSTILE,
        worker=HOSTILE,
        release=HOSTILE,
    )
    Event.objects.create(task=task, kind="requeued", actor=HOSTILE, reason=HOSTILE)

    # then
    page = page_of(root, task)
    assert "<script>alert" not in page
    assert "\u202e" not in page


def test_without_the_permission_nothing_of_the_payload_is_in_the_page():
    # given
    task = make_task(
        state="FAILURE",
        kwargs={"note": "secret"},
        args=["secret"],
        result={"note": "secret"},
        error="secret",
        progress={"percent": 10, "message": "secret"},
    )
    add_attempts(task, 1, error="secret", traceback="secret")

    # then
    assert "secret" not in page_of(client_of("jobs.view_task"), task)


def test_with_the_permission_the_payload_is_shown():
    task = make_task(kwargs={"to": "ada"}, state="SUCCESS", result={"sent": True})
    page = page_of(client_of("jobs.view_task", "jobs.view_payload"), task)
    assert 'jobs-json-key">to</bdi>: <bdi class="jobs-json-text">&quot;ada&quot;' in page
    assert 'jobs-json-key">sent</bdi>: <bdi class="jobs-json-other">true' in page


@pytest.mark.parametrize("progress", [None, 5, "x", [], {}, {"percent": "x"}, {"percent": True}])
def test_progress_of_no_known_form_shows_no_bar(root, progress):
    assert "<progress" not in page_of(root, make_task(state="STARTED", progress=progress))


@pytest.mark.parametrize(("percent", "shown"), [(42.0, "42.0"), (400, "100.0"), (-3, "0.0")])
def test_progress_shows_as_a_bar_between_0_and_100(root, percent, shown):
    task = make_task(state="STARTED", progress={"percent": percent, "message": "batch 2"})
    page = page_of(root, task)
    assert f'value="{shown}"' in page
    assert "batch 2" in page


def test_a_page_costs_the_same_however_many_attempts_and_events(root, django_assert_num_queries):
    # given
    few, many = (make_task(state="FAILURE") for _ in range(2))
    add_attempts(few, 1)
    add_attempts(many, 250)
    Event.objects.bulk_create(Event(task=many, kind="requeued") for _ in range(250))
    page_of(root, few)  # fills the caches of a process
    with CaptureQueriesContext(connection) as queries:
        page_of(root, few)

    # then
    assert len(queries) <= 12
    with django_assert_num_queries(len(queries)):
        page = page_of(root, many)
    assert page.count("jobs-outcome-failed") == 100


def test_only_those_who_may_see_tasks_see_one():
    assert client_of().get(url_of(make_task())).status_code == 403


@pytest.mark.parametrize("key", ["no-uuid", "01a1fc64-9d27-757e-a851-92311103ea4a"])
def test_a_task_that_is_not_there_leads_back_with_a_message(root, key):
    response = root.get(f"/admin/jobs/task/{key}/change/")
    assert response.status_code == 302

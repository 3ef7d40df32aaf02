"""The pages without scripts: what they show, what their forms do, and whom they refuse."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from jobs.domain.outcomes import Ending
from jobs.domain.states import Move, State
from jobs.models import Event, Task
from tests.support.dashboard_pages import html, pages, submit_with_token, with_permissions
from tests.support.rows import claimed, finished, make_task, outcome_of

pytestmark = pytest.mark.django_db

HOSTILE = "<script>alert(1)</script>"
CLOSED = {"ANONYMOUS_ACCESS": False}
FRAGMENT = {"x-fragment": "1"}


def test_the_overview_shows_numbers_queues_and_tasks(client: Client) -> None:
    # given a waiting task and one that failed
    waiting = make_task(queue="high")
    failed = make_task()
    finished(outcome_of(claimed(failed), move=Move.FAIL, ending=Ending.FAILED, error="boom"))

    # when
    page = html(client.get("/"))

    # then
    assert f'data-task="{waiting.pk}" data-status="PENDING"' in page
    assert f'data-task="{failed.pk}" data-status="FAILURE"' in page
    assert '<dd data-stat="failed_tasks">1</dd>' in page
    assert "No worker serves the high queue, where tasks wait." in page
    assert "No worker has reported" in page


def test_an_empty_queue_says_what_to_do(client: Client) -> None:
    page = html(client.get("/"))
    assert "No task yet." in page
    assert "manage.py rqworker high default low" in page


def test_the_pages_ask_nothing_of_other_sites_and_hold_no_script(client: Client) -> None:
    task = make_task()
    for path in pages(task_id=task.pk).values():
        response = client.get(path)
        policy = response["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        page = html(response)
        assert " style=" not in page
        assert " onclick=" not in page
        assert "<script>" not in page
        assert "https://" not in page


def test_hostile_content_is_only_text(client: Client) -> None:
    # given a task whose every text comes from an attacker
    task = make_task(
        name=HOSTILE,
        kwargs={HOSTILE: HOSTILE},
        error=HOSTILE,
        worker=HOSTILE,
        submitted_by=HOSTILE,
        progress={"message": HOSTILE, "percent": 5},
        state="STARTED",
    )

    # when it is shown
    hostile_name = f"/types/{quote(HOSTILE)}/"
    for path in ("/", "/rows/", f"/tasks/{task.pk}/", "/types/", hostile_name):
        page = html(client.get(path))

        # then nothing of it is markup
        assert HOSTILE not in page
        assert "&lt;script&gt;" in page


def test_the_task_page_tells_the_whole_story(client: Client) -> None:
    # given a task that failed once and then succeeded
    task = make_task(kwargs={"x": 1, "y": 2})
    failure = outcome_of(
        claimed(task),
        move=Move.RETRY,
        ending=Ending.FAILED,
        exception="builtins.ValueError",
        error="boom",
        traceback="Traceback: line 1",
        run_after=1.0,
    )
    finished(failure)
    Task.objects.filter(pk=task.pk).update(state="PENDING")
    finished(outcome_of(claimed(task), result='{"sum": 3}'))

    # when
    page = html(client.get(f"/tasks/{task.pk}/"))

    # then
    assert "Attempt 1 failed" in page
    assert "Attempt 2 succeeded" in page
    assert "Traceback: line 1" in page
    assert "&quot;sum&quot;: 3" in page
    assert "&quot;x&quot;: 1" in page
    assert f"/tasks/{task.pk}/requeue/" in page
    assert f"/tasks/{task.pk}/cancel/" not in page


def test_the_task_page_shows_the_end_of_the_newest_log(client: Client) -> None:
    # given a task whose first attempt said much, and whose second one runs
    task = make_task()
    log = "\n".join(f"record {number:03}" for number in range(100))
    failure = outcome_of(claimed(task), move=Move.RETRY, ending=Ending.FAILED, log=log)
    finished(failure)
    Task.objects.filter(pk=task.pk).update(state="PENDING")
    claimed(task)

    # when
    page = html(client.get(f"/tasks/{task.pk}/"))

    # then its last lines are shown, and where the others are
    tail = page.partition("data-tail>")[2].partition("</pre>")[0]
    assert tail.splitlines() == [f"record {number:03}" for number in range(70, 100)]
    assert "Log of attempt 1" in page
    assert "70 before them" in page
    assert "data-live-log hidden" in page  # until the second one says something


def test_the_task_page_tells_when_a_task_is_to_run(client: Client) -> None:
    due = timezone.now() + timedelta(minutes=10, seconds=30)
    task = make_task(state="SCHEDULED", run_after=due)
    page = html(client.get(f"/tasks/{task.pk}/"))
    assert f">{due:%Y-%m-%d %H:%M:%S} UTC</span>" in page
    assert "data-ago>in 10 min" in page


def test_an_unknown_task_is_a_404_page(client: Client) -> None:
    response = client.get("/tasks/0190c6c0-0000-7000-8000-000000000000/")
    assert response.status_code == 404
    assert "There is nothing at this address" in html(response)


def test_a_form_without_its_token_changes_nothing(browser: Client) -> None:
    task = make_task()
    assert browser.post(f"/tasks/{task.pk}/cancel/").status_code == 403
    assert browser.post("/submit/", {"type": "add"}).status_code == 403
    assert Task.objects.get().state == State.PENDING


def test_a_task_is_cancelled_and_requeued_from_its_page(browser: Client) -> None:
    task = make_task()
    page = f"/tasks/{task.pk}/"

    response = submit_with_token(browser, page, f"{page}cancel/")
    assert response["Location"] == page
    assert Task.objects.get().state == State.REVOKED
    assert Event.objects.get().actor == "anonymous"

    submit_with_token(browser, page, f"{page}requeue/")
    assert Task.objects.get().state == State.PENDING


def test_a_verb_that_comes_too_late_says_in_which_state_the_task_is(client: Client) -> None:
    task = make_task()
    finished(outcome_of(claimed(task)))

    response = client.post(f"/tasks/{task.pk}/cancel/", headers=FRAGMENT)

    assert response.status_code == 409
    assert "is SUCCESS: it cannot cancel" in html(response)


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_nobody_is_sent_to_another_site(client: Client, back: str) -> None:
    task = make_task()
    response = client.post(f"/tasks/{task.pk}/cancel/", {"next": back})
    assert response["Location"] == f"/tasks/{task.pk}/"


def test_strangers_log_in_first() -> None:
    task = make_task()
    with override_settings(JOBS=CLOSED):
        for path in ("/", "/rows/", "/live.json", f"/tasks/{task.pk}/", "/submit/"):
            response = Client().get(path)
            assert response.status_code == 302
            assert response["Location"].startswith("/admin/login/?next=")


@pytest.mark.parametrize("path", ["/submit/", "/tasks/{}/cancel/", "/tasks/{}/requeue/"])
def test_who_may_only_look_can_change_nothing(path: str) -> None:
    task = make_task()
    with override_settings(JOBS=CLOSED):
        client = with_permissions("view_task")
        page = html(client.get("/"))
        response = client.post(path.format(task.pk), {"type": "add"})

    assert response.status_code == 403
    assert Task.objects.get().state == State.PENDING
    assert "Submit a task" not in page
    assert "Cancel" not in page


def test_who_may_not_see_payloads_sees_none() -> None:
    task = make_task(kwargs={"note": "hunter2"}, error="hunter2", result="hunter2")
    finished(
        outcome_of(
            claimed(task), move=Move.FAIL, ending=Ending.FAILED, error="hunter2", log="hunter2"
        )
    )
    with override_settings(JOBS=CLOSED):
        client = with_permissions("view_task")
        pages = [html(client.get(path)) for path in ("/", f"/tasks/{task.pk}/", "/live.json")]

    assert not any("hunter2" in page for page in pages)
    assert "You may not see what this task carries." in pages[1]


def test_who_may_do_nothing_is_told_so() -> None:
    with override_settings(JOBS=CLOSED):
        response = with_permissions().get("/")
    assert response.status_code == 403
    assert "You do not hold the permission" in html(response)


def test_the_overview_asks_the_same_few_questions_however_many_tasks_there_are(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    for _ in range(30):
        make_task()
    with django_assert_max_num_queries(18):
        client.get("/")


def test_polling_tells_what_the_sockets_tell(client: Client) -> None:
    task = make_task(queue="low")
    body = client.get("/live.json").json()
    assert body["stats"]["queued_low"] == 1
    assert [line["task_id"] for line in body["tasks"]] == [str(task.pk)]

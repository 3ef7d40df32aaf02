"""The public pages in a real browser: live with scripts, whole without."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from jobs.domain.outcomes import Ending
from jobs.domain.states import Move, State
from jobs.models import Task
from jobs.services.cancel import cancel
from jobs.services.pause import pause, resume
from jobs.store.live_logs import LogEnd, write_live_logs
from tests.support.browsing import Visitor
from tests.support.rows import claimed, finished, make_task, outcome_of
from tests.support.web import WebProcess

pytestmark = [
    pytest.mark.browser,
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True),
]

NO_SCRIPTS = {"java_script_enabled": False}


def is_live(page: Page) -> None:
    expect(page.locator("[data-connection-words]")).to_have_text("Live")


def tile(page: Page, name: str) -> Any:
    return page.locator(f'.tiles [data-stat="{name}"]')


def row_of(page: Page, task: Task) -> Any:
    return page.locator(f'tr[data-task="{task.pk}"]')


def test_a_pause_is_told_and_gone_by_itself(stranger: Visitor) -> None:
    page = stranger()
    is_live(page)
    told = page.locator('[data-queue-row="low"] [data-paused]')
    expect(told).to_be_hidden()

    pause(queue="low", actor="ann", reason="<b>lunch</b>", until=timezone.now() + timedelta(1))
    expect(told).to_contain_text("Paused by ann")
    expect(told).to_contain_text("goes on in 23 h 59 min: <b>lunch</b>")

    resume(queue="low", actor="ann")
    expect(told).to_be_hidden()


def test_the_numbers_move_by_themselves(stranger: Visitor) -> None:
    # given an open overview
    page = stranger()
    is_live(page)
    waiting = page.locator('.tiles [data-queue="high"][data-field="pending"]')
    expect(waiting).to_have_text("0")

    # when tasks come, and one of them is taken
    tasks = [make_task(queue="high") for _ in range(3)]
    claimed(tasks[0])

    # then
    expect(waiting).to_have_text("2")
    expect(tile(page, "active_tasks")).to_have_text("1")


def test_a_row_tells_its_new_state_in_its_place(stranger: Visitor) -> None:
    # given a page that shows a waiting task
    task = make_task()
    page = stranger()
    is_live(page)
    row = row_of(page, task)
    expect(row.locator(".badge")).to_have_text("Pending")

    # when it is cancelled elsewhere
    cancel(task_id=task.pk, actor="ada")

    # then the row says so, and offers what can be done now
    expect(row.locator(".badge")).to_have_text("Revoked")
    expect(row.get_by_role("button", name="Requeue")).to_be_visible()
    expect(row.get_by_role("button", name="Cancel")).to_be_hidden()


def test_rows_do_not_move_under_the_pointer(stranger: Visitor) -> None:
    # given somebody who points at a row
    shown = make_task()
    page = stranger()
    is_live(page)
    row_of(page, shown).hover()

    # when tasks are submitted through the API
    for number in range(2):
        body = {"task_type": "add", "payload": {"x": number, "y": 1}}
        page.request.post("/api/tasks/submit", data=body)

    # then they wait behind a chip, and come when asked for
    chip = page.locator("[data-new]")
    expect(chip).to_have_text("2 new: show")
    expect(page.locator("tr[data-task]")).to_have_count(1)
    chip.click()
    expect(page.locator("tr[data-task]")).to_have_count(3)
    expect(chip).to_be_hidden()


def test_new_rows_come_in_by_themselves_while_nobody_points(stranger: Visitor) -> None:
    page = stranger()
    is_live(page)
    page.request.post("/api/tasks/submit", data={"task_type": "add", "payload": {"x": 1, "y": 1}})
    expect(page.locator("tr[data-task]")).to_have_count(1)


def test_a_task_is_submitted_without_leaving_the_page(stranger: Visitor) -> None:
    # given the form of another type than the first
    page = stranger()
    is_live(page)
    page.get_by_label("Type", exact=True).select_option("send_email")
    page.get_by_label("Subject").fill("Hello")
    page.get_by_label("Body").fill("there")

    # when it is sent
    page.get_by_label("To", exact=True).fill("ada@example.org")
    page.get_by_role("button", name="Submit task").click()

    # then the page says so in place, and shows the task
    expect(page.get_by_text("send_email was submitted.")).to_be_visible()
    assert page.url.endswith("/")
    task = Task.objects.get()
    assert task.kwargs == {"to": "ada@example.org", "subject": "Hello", "body": "there"}
    page.mouse.move(0, 0)
    expect(row_of(page, task)).to_be_visible()


def test_an_example_is_filled_in_and_submitted(stranger: Visitor) -> None:
    page = stranger("/submit/?type=process_payment")
    page.get_by_role("link", name="Fill in an example").click()
    expect(page.get_by_label("Currency")).to_have_value("EUR")
    page.get_by_role("button", name="Submit task").click()
    expect(page.get_by_text("process_payment was submitted.")).to_be_visible()
    assert Task.objects.get().kwargs["currency"] == "EUR"


def test_a_fault_is_told_at_its_field_which_gets_the_focus(
    web: WebProcess, browser: Browser
) -> None:
    # given a form with a text where a number belongs
    with browser.new_context(base_url=web.url) as context:
        page = context.new_page()
        page.goto("/?type=add")
        is_live(page)
        page.get_by_label("X", exact=True).fill("one")
        page.get_by_label("Y", exact=True).fill("2")

        # when it is sent
        page.get_by_role("button", name="Submit task").click()

        # then
        expect(page.locator("#argument-x-error")).to_contain_text("Must be a number")
        expect(page.get_by_label("X", exact=True)).to_be_focused()
        expect(page.get_by_label("Y", exact=True)).to_have_value("2")
    assert not Task.objects.exists()


def test_everything_works_without_scripts(stranger: Visitor) -> None:
    # given a browser that runs none
    page = stranger("/", **NO_SCRIPTS)

    # when a type is chosen, and its form filled in and sent
    page.get_by_label("Type", exact=True).select_option("add")
    page.get_by_role("button", name="Choose").click()
    page.get_by_label("X", exact=True).fill("1")
    page.get_by_label("Y", exact=True).fill("2")
    page.get_by_role("button", name="Submit task").click()

    # then the task is listed, and can be cancelled and requeued
    task = Task.objects.get()
    expect(page.get_by_text("add was submitted.")).to_be_visible()
    row_of(page, task).get_by_role("button", name="Cancel").click()
    expect(row_of(page, task).locator(".badge")).to_have_text("Revoked")
    row_of(page, task).get_by_role("link").click()
    page.get_by_role("button", name="Requeue").click()
    expect(page.get_by_text("add is queued again.")).to_be_visible()
    task.refresh_from_db()
    assert task.state == State.PENDING


def test_a_button_of_a_row_acts_in_place(stranger: Visitor) -> None:
    task = make_task()
    page = stranger()
    is_live(page)

    row_of(page, task).get_by_role("button", name="Cancel").click()

    expect(page.locator("#notices")).to_contain_text("add is cancelled.")
    expect(row_of(page, task).locator(".badge")).to_have_text("Revoked")
    assert page.url.endswith("/")


def test_the_task_page_follows_its_task_to_the_end(stranger: Visitor) -> None:
    # given the page of a waiting task
    task = make_task()
    page = stranger(f"/tasks/{task.pk}/")
    badge = page.locator(".verbs .badge")
    expect(badge).to_have_text("Pending")
    is_live(page)

    # when it starts, tells its progress, logs something, and fails
    claim = claimed(task)
    expect(badge).to_have_text("Started")
    told = {"current": 3, "total": 4, "percent": 75.0, "message": "three of four"}
    Task.objects.filter(pk=task.pk).update(progress=told)
    expect(page.locator("[data-progress]")).to_contain_text("three of four")
    write_live_logs([LogEnd(str(task.pk), claim.fence, "INFO <i>halfway</i>\u202e")])
    lines = page.locator("[data-log-lines]")
    expect(lines).to_have_text("INFO <i>halfway</i>\\u202e")
    finished(
        outcome_of(
            claim,
            move=Move.FAIL,
            ending=Ending.FAILED,
            exception="builtins.ValueError",
            error="boom",
            traceback="Traceback: line 1",
        )
    )

    # then the page shows the end of the story, and says that it is one
    expect(badge).to_have_text("Failure")
    expect(lines).to_have_count(0)
    expect(page.get_by_text("Attempt 1 failed")).to_be_visible()
    expect(page.locator("[data-connection-words]")).to_have_text("Ended")


def test_hostile_content_runs_nowhere(stranger: Visitor) -> None:
    # given a page that is open when an attacker's task comes
    page = stranger()
    is_live(page)
    hostile = "<img src=x onerror=alert(1)>"
    task = make_task(name=hostile, worker=hostile, kwargs={"a": hostile})

    # when it is shown live and on its own page, then it is only text
    page.reload()
    is_live(page)
    cancel(task_id=task.pk, actor=hostile, reason=hostile)
    expect(row_of(page, task).locator(".badge")).to_have_text("Revoked")
    row_of(page, task).get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(hostile)
    assert page.locator("main img").count() == 0

"""The operators' pages in a real browser: live, and worked with."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from jobs.broker import tickets
from jobs.domain.outcomes import Ending
from jobs.domain.states import Move
from jobs.models import Event, Task
from jobs.services.cancel import cancel
from tests.support.browsing import Visitor
from tests.support.outages import unreadable
from tests.support.rows import claimed, finished, make_task, outcome_of, reload
from tests.support.web import WebProcess

pytestmark = [
    pytest.mark.browser,
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True),
]


LIST = "/admin/jobs/task/"


def badge_of(page: Page, task: Task) -> Any:
    return page.locator(f'[data-task="{task.pk}"][data-column="state_badge"]')


def test_the_numbers_move_by_themselves(visit: Visitor) -> None:
    # given
    page = visit("/admin/")
    waiting = page.locator('[data-count="waiting"]')
    expect(waiting).to_have_text("0")
    expect(page.locator("[data-strip-state]")).to_have_text("Live")

    # when
    for _ in range(3):
        make_task()

    # then
    expect(waiting).to_have_text("3")


def test_a_row_tells_its_new_state_in_its_place_and_new_ones_wait_behind_a_chip(
    visit: Visitor,
) -> None:
    # given a list that shows two tasks
    older, newer = make_task(), make_task()
    page = visit(LIST)
    order = page.locator("#result_list .jobs-id").all_text_contents()

    # when one ends and a third comes
    finished(outcome_of(claimed(older)))
    cancel(task_id=newer.pk, actor="ada")
    third = make_task()

    # then the rows stay where they are
    expect(badge_of(page, older)).to_have_text("Success")
    expect(badge_of(page, newer)).to_have_text("Revoked")
    chip = page.locator("[data-new-rows]")
    expect(chip).to_have_text("1 new: show")
    assert page.locator("#result_list .jobs-id").all_text_contents() == order

    # and the chip brings the third
    chip.click()
    expect(badge_of(page, third)).to_be_visible()


def test_a_task_page_follows_its_task(visit: Visitor) -> None:
    # given
    task = make_task(max_retries=0)
    page = visit(f"{LIST}{task.pk}/change/")
    expect(page.locator(".jobs-head-state .jobs-badge")).to_have_text("Pending")
    page.get_by_label("Reason (optional)").fill("half a sentence")

    # when it runs and fails
    claim = claimed(task)
    finished(outcome_of(claim, move=Move.FAIL, ending=Ending.FAILED, exception="ShopClosed"))

    # then the page says so, and what was being typed is still there
    expect(page.locator(".jobs-head-state .jobs-badge")).to_have_text("Failure")
    expect(page.locator(".jobs-timeline")).to_contain_text("ShopClosed")
    expect(page.get_by_label("Reason (optional)")).to_have_value("half a sentence")


def test_numbers_that_stand_still_are_shown_as_old(visit: Visitor, web: WebProcess) -> None:
    # given a page whose socket falls silent
    page = visit("about:blank")
    page.route_web_socket("**/ws/stats", _one_message_then_silence)
    page.goto("/admin/")
    expect(page.locator("[data-live-strip]")).to_have_attribute("data-state", "live")

    # then
    strip = page.locator("[data-live-strip]")
    expect(strip).to_have_attribute("data-state", "stale")
    expect(page.locator("[data-strip-state]")).to_contain_text("the numbers are old")


def test_numbers_of_a_database_that_is_away_are_shown_as_old(visit: Visitor) -> None:
    # given a live page
    make_task(queue="low")
    page = visit("/admin/")
    strip = page.locator("[data-live-strip]")
    expect(strip).to_have_attribute("data-state", "live")

    # when the database can be read no more, then the strip says of when its numbers are
    with unreadable():
        away = re.compile(r"^Database away: numbers of \d\d:\d\d:\d\d$")
        expect(page.locator("[data-strip-state]")).to_have_text(away)
        expect(strip).to_have_attribute("data-state", "stale")
        expect(strip.locator('[data-count="waiting"]')).to_have_text("1")

    # and it is live when they are new
    expect(page.locator("[data-strip-state]")).to_have_text("Live")


def _one_message_then_silence(socket: Any) -> None:
    numbers = {"queued_high": 1, "queued_default": 0, "queued_low": 0, "active_tasks": 0}
    ended = {"failed_tasks": 0, "success_tasks": 0, "workers_online": 0}
    message = {"type": "stats", "retrying": 0, "scheduled": 0} | numbers | ended
    socket.send(json.dumps(message))


def test_cancel_of_ticked_rows_from_the_list_to_the_message(visit: Visitor) -> None:
    # given
    waiting, done = make_task(), make_task(state="SUCCESS")
    page = visit(LIST)

    # when
    page.get_by_label("Select all objects on this page").check()
    page.get_by_label("Action:").select_option(label="Cancel selected tasks")
    page.get_by_role("button", name="Go").click()
    page.get_by_label("Reason").fill("wrong month")
    page.get_by_role("button", name="Cancel 1 task").click()

    # then
    expect(page.locator(".messagelist")).to_contain_text("Cancelled 1 task.")
    expect(page.locator(".messagelist")).to_contain_text("Refused by state: 1 SUCCESS")
    assert [reload(task).state for task in (waiting, done)] == ["REVOKED", "SUCCESS"]
    assert Event.objects.get().reason == "wrong month"


def test_the_box_in_the_head_of_rqs_lists_ticks_all_jobs(visit: Visitor) -> None:
    # given
    tickets.push([("high", str(make_task(queue="high").pk)) for _ in range(3)])
    page = visit("/admin/django_rq/dashboard/queues/1/")

    # when
    page.locator("#action-toggle").check()

    # then
    expect(page.locator("input.action-select:checked")).to_have_count(3)

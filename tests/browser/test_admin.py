"""The operators' pages in a real browser: live, by keyboard, on a phone, in both themes."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect

from jobs.broker import tickets
from jobs.domain.outcomes import Ending
from jobs.domain.states import Move, State
from jobs.models import Attempt, Event, Task
from jobs.services.cancel import cancel
from tests.support.browsing import LIVE_MS, Visit, running_browser
from tests.support.rows import ago, claimed, finished, make_task, outcome_of, reload
from tests.support.web import WebProcess, running_web

pytestmark = [
    pytest.mark.browser,
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True),
]

LIST = "/admin/jobs/task/"
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\u202e"
#: Gives the lowest contrast between a text and its ground among the elements of a selector.
CONTRAST = """(selector) => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => channels(colour).slice(0, 3).map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, place) => sum + c * [0.2126, 0.7152, 0.0722][place], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if ((channels(colour)[3] ?? 1) > 0) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const ratio = (element) => {
    const [a, b] = [light(getComputedStyle(element).color), light(ground(element))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  return Math.min(...[...document.querySelectorAll(selector)].map(ratio));
}"""

Visitor = Callable[..., Page]


@pytest.fixture(scope="module")
def web(django_db_setup: None) -> Iterator[WebProcess]:
    with running_web(LIVE_BEAT_SECONDS="0.5") as process:
        yield process


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as chromium:
        yield chromium


@pytest.fixture
def visit(web: WebProcess, browser: Browser) -> Iterator[Visitor]:
    """Opens pages as a superuser; at the end none of them has met an error or shown a dialog."""
    visits = []

    def open_page(path: str, **options: Any) -> Page:
        user, _ = User.objects.get_or_create(
            username="root", defaults={"is_staff": True, "is_superuser": True}
        )
        visits.append(Visit(browser, web.url, user, **options))
        visits[-1].page.goto(path)
        return visits[-1].page

    yield open_page
    troubles = [trouble for each in visits for trouble in each.troubles]
    for each in visits:
        each.close()
    assert troubles == []


def badge_of(page: Page, task: Task) -> Any:
    return page.locator(f'[data-task="{task.pk}"][data-column="state_badge"]')


def rows_of_every_state() -> list[Task]:
    """Rows as wide and as hostile as they come."""
    tasks = [
        make_task(
            state=state,
            worker="host.example.org.with.a.long.name.4711",
            started_at=ago(5),
            finished_at=ago(1),
            error=f"{HOSTILE} {'long ' * 40}",
            kwargs={"text": HOSTILE * 3},
            name=f"shop.tasks.{'a_long_name_' * 8}",
        )
        for state in State
    ]
    for task in tasks:
        Attempt.objects.create(
            task=task,
            number=1,
            fence=1,
            outcome="failed",
            finished_at=ago(1),
            exception=HOSTILE,
            error=HOSTILE,
            traceback=f"{HOSTILE}\n{'x' * 300}",
        )
        Event.objects.create(task=task, kind="requeued", actor=HOSTILE, reason=HOSTILE)
    return tasks


def test_the_numbers_move_by_themselves(visit: Visitor) -> None:
    # given
    page = visit("/admin/")
    waiting = page.locator('[data-count="waiting"]')
    expect(waiting).to_have_text("0")
    expect(page.locator("[data-strip-state]")).to_have_text("Live", timeout=LIVE_MS)

    # when
    for _ in range(3):
        make_task()

    # then
    expect(waiting).to_have_text("3", timeout=LIVE_MS)


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
    expect(badge_of(page, older)).to_have_text("Success", timeout=LIVE_MS)
    expect(badge_of(page, newer)).to_have_text("Revoked", timeout=LIVE_MS)
    chip = page.locator("[data-new-rows]")
    expect(chip).to_have_text("1 new: show", timeout=LIVE_MS)
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
    expect(page.locator(".jobs-head-state .jobs-badge")).to_have_text("Failure", timeout=LIVE_MS)
    expect(page.locator(".jobs-timeline")).to_contain_text("ShopClosed")
    expect(page.get_by_label("Reason (optional)")).to_have_value("half a sentence")


def test_without_scripts_the_pages_show_and_filter_all_the_same(visit: Visitor) -> None:
    # given
    make_task(queue="high")
    low = make_task(queue="low")

    # when
    page = visit(LIST, java_script_enabled=False)
    expect(page.locator('[data-count="waiting"]')).to_have_text("2")
    page.get_by_label("Queue", exact=True).select_option("low")
    page.get_by_role("button", name="Apply").click()

    # then
    assert page.locator("#result_list .jobs-id").all_text_contents() == [str(low.pk)]


def test_numbers_that_stand_still_are_shown_as_old(visit: Visitor, web: WebProcess) -> None:
    # given a page whose socket falls silent
    page = visit("about:blank")
    page.route_web_socket("**/ws/stats", _one_message_then_silence)
    page.goto("/admin/")
    expect(page.locator("[data-live-strip]")).to_have_attribute("data-state", "live")

    # then
    strip = page.locator("[data-live-strip]")
    expect(strip).to_have_attribute("data-state", "stale", timeout=2 * LIVE_MS)
    expect(page.locator("[data-strip-state]")).to_contain_text("the numbers are old")


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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_of_ours_can_be_read_in_both_themes(visit: Visitor, scheme: str) -> None:
    # given
    tasks = rows_of_every_state()
    texts = (
        ".jobs-badge, .jobs-second, .jobs-error, .jobs-remark, .jobs-tile dd, .jobs-tile dt a, "
        ".jobs-tabs a, .jobs-tab-count, .jobs-field label, .jobs-note, .jobs-step p, .jobs-pre, "
        ".jobs-outcome, .jobs-facts dt, .jobs-facts dd, .jobs-button, .jobs-explain li"
    )

    # then
    for path in (LIST, *[f"{LIST}{task.pk}/change/" for task in tasks]):
        page = visit(path, color_scheme=scheme)
        assert page.evaluate(CONTRAST, texts) >= 4.5, path


def test_a_chosen_theme_wins_over_the_systems(visit: Visitor) -> None:
    # given a light system
    make_task()
    page = visit(LIST, color_scheme="light")
    light = page.locator(".jobs-badge").first.evaluate("e => getComputedStyle(e).backgroundColor")

    # when its user chooses dark in the admin
    page.evaluate("localStorage.setItem('theme', 'dark')")
    page.reload()

    # then
    dark = page.locator(".jobs-badge").first.evaluate("e => getComputedStyle(e).backgroundColor")
    assert dark != light


def test_nothing_scrolls_sideways_on_a_phone(visit: Visitor) -> None:
    # given
    tasks = rows_of_every_state()
    paths = ["/admin/", LIST, "/admin/jobs/workerlease/", f"{LIST}{tasks[0].pk}/change/"]

    # then
    for path in paths:
        page = visit(path, viewport={"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


def test_the_keyboard_reaches_every_control_and_shows_where_it_is(visit: Visitor) -> None:
    # given
    make_task(state="FAILURE")
    page = visit(LIST)
    wanted = {"Waiting", "Failure", "Workers", "Apply", "Go"}

    # when
    seen = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        text, outline = page.evaluate(
            "[document.activeElement.textContent.trim(), (() => {"
            " const own = getComputedStyle(document.activeElement).outlineStyle;"
            " const after = getComputedStyle(document.activeElement, '::after').outlineStyle;"
            " return own !== 'none' || after !== 'none'; })()]"
        )
        if text in wanted:
            assert outline, f"no focus ring on {text}"
            seen.add(text)

    # then
    assert seen == wanted


def test_the_box_in_the_head_of_rqs_lists_ticks_all_jobs(visit: Visitor) -> None:
    # given
    tickets.push([("high", str(make_task(queue="high").pk)) for _ in range(3)])
    page = visit("/admin/django_rq/dashboard/queues/1/")

    # when
    page.locator("#action-toggle").check()

    # then
    expect(page.locator("input.action-select:checked")).to_have_count(3)


def test_moments_are_told_in_the_viewers_zone(visit: Visitor) -> None:
    # given a task of noon in UTC
    make_task(created_at="2026-07-01T12:00:00Z")

    # then
    page = visit(LIST, timezone_id="Asia/Tokyo")
    expect(page.locator("time[data-moment]").last).to_have_text("2026-07-01 21:00:00")

"""The operators' pages to the eye and the hand: themes, phones, keyboards, zones, no scripts."""

import pytest
from playwright.sync_api import expect

from tests.support.browsing import Visitor
from tests.support.contrast import CONTRAST
from tests.support.hostile import rows_of_every_state
from tests.support.rows import make_task

pytestmark = [
    pytest.mark.browser,
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True),
]


LIST = "/admin/jobs/task/"


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


def test_tick_box_badge_and_name_of_a_task_stand_apart(visit: Visitor) -> None:
    # given
    rows_of_every_state()

    # when
    page = visit(LIST)
    gaps = page.evaluate(
        """() => [...document.querySelectorAll("#result_list tbody tr")].flatMap((row) => {
            const [box, badge, name] = ["input", ".jobs-badge", ".field-task_type bdi"]
                .map((part) => row.querySelector(part).getBoundingClientRect());
            return [badge.left - box.right, name.left - badge.right];
        })"""
    )

    # then, in pixels
    assert len(gaps) >= 16
    assert min(gaps) >= 8


def test_the_keyboard_reaches_every_control_and_shows_where_it_is(visit: Visitor) -> None:
    # given
    make_task(state="FAILURE")
    page = visit(LIST)
    wanted = {"Waiting", "Failure 1", "Workers", "Apply", "Go"}

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


def test_moments_are_told_in_the_viewers_zone(visit: Visitor) -> None:
    # given a task of noon in UTC
    make_task(created_at="2026-07-01T12:00:00Z")

    # then
    page = visit(LIST, timezone_id="Asia/Tokyo")
    expect(page.locator("time[data-moment]").last).to_have_text("2026-07-01 21:00:00")

"""The overview while thousands of tasks change their state every second."""

import pytest
from playwright.sync_api import expect

from tests.browser.test_admin_flood import CALM, ENTRIES, WATCH, flood
from tests.support.browsing import Visitor
from tests.support.rows import make_task

pytestmark = [
    pytest.mark.browser,
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True),
]


def test_the_overview_stays_at_hand_while_ten_thousand_changes_a_second_are_told(
    stranger: Visitor,
) -> None:
    # given an open overview, whose rows somebody is at
    tasks = [make_task() for _ in range(60)]
    page = stranger("/")
    expect(page.locator("[data-connection-words]")).to_have_text("Live")
    page.locator("tr[data-task]").first.hover()
    shown = [row.get_attribute("data-task") for row in page.locator("tr[data-task]").all()]
    page.evaluate(WATCH)

    # when the flood comes, in which somebody moves through the page by keys
    with flood(tasks) as told:
        while not told.is_set():
            page.keyboard.press("Tab")
            page.keyboard.press("Shift+Tab")

    # then no row moved, and the page is live as before
    now = [row.get_attribute("data-task") for row in page.locator("tr[data-task]").all()]
    assert now == shown
    expect(page.locator("[data-connection-words]")).to_have_text("Live")
    # and it drew now and then, not whenever something was told
    assert 1 <= page.evaluate("window.drawings") <= ENTRIES / CALM

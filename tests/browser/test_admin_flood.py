"""The tasks list while thousands of tasks change their state every second."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from jobs.broker.changes import tell_in
from jobs.broker.connection import redis
from jobs.models import Task
from tests.support.browsing import Visitor
from tests.support.rows import make_task

pytestmark = [
    pytest.mark.browser,
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True),
]

LIST = "/admin/jobs/task/"
#: How many changes make the flood.
CHANGES = 50_000
#: In how many parts they are told.
ENTRIES = 1_000
#: The page may draw once for so many of them.
CALM = 10
#: Counts, from now on, how often the page's content was drawn anew.
WATCH = """() => {
  window.drawings = 0;
  const count = () => { window.drawings += 1; };
  const content = { subtree: true, childList: true, characterData: true };
  new MutationObserver(count).observe(document.body, content);
}"""


@contextmanager
def flood(tasks: list[Task]) -> Iterator[threading.Event]:
    """Tell, as workers do, of `CHANGES` changes at 10,000 a second; set when all are told."""
    told = threading.Event()
    ids = [str(task.pk) for task in tasks]

    def tell() -> None:
        client = redis()
        changed = [ids[n % len(ids)] for n in range(CHANGES // ENTRIES)]
        for _ in range(ENTRIES):
            tell_in(client, changed)
            time.sleep(len(changed) / 10_000)
        told.set()

    thread = threading.Thread(target=tell)
    thread.start()
    try:
        yield told
    finally:
        thread.join()


def test_the_list_stays_at_hand_while_ten_thousand_changes_a_second_are_told(
    visit: Visitor,
) -> None:
    # given a full page of the list, which watches
    tasks = [make_task() for _ in range(60)]
    page = visit(LIST)
    expect(page.locator("[data-strip-state]")).to_have_text("Live")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(WATCH)

    # when the flood comes, in which somebody ticks a row and moves on by keys
    with flood(tasks) as told:
        order = page.locator("#result_list .jobs-id").all_text_contents()
        page.keyboard.press("j")
        page.keyboard.press("x")
        while not told.is_set():
            page.keyboard.press("j")
            page.keyboard.press("k")

    # then what they did is done, nothing moved, and no rows were asked for more often than the
    # list's own beat, whatever was told
    expect(page.locator("input.action-select:checked")).to_have_count(1)
    assert page.locator("#result_list .jobs-id").all_text_contents() == order
    assert is_first_row_focused(page)
    rows = [url for url in asked if "/live/" in url]
    assert 1 <= len(rows) <= 20
    # and it drew now and then, not whenever something was told
    assert 1 <= page.evaluate("window.drawings") <= ENTRIES / CALM


def is_first_row_focused(page: Page) -> bool:
    return bool(
        page.evaluate(
            "document.activeElement.closest('tr') ==="
            " document.querySelector('#result_list tbody tr')"
        )
    )

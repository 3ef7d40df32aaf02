"""The tasks list while thousands of tasks change their state every second."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from jobs.broker.changes import MOST_PER_ENTRY, tell_in
from jobs.broker.connection import redis
from jobs.models import Task
from tests.support.browsing import LIVE_MS, Visitor
from tests.support.rows import make_task

pytestmark = [
    pytest.mark.browser,
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True),
]

LIST = "/admin/jobs/task/"
#: How many changes make the flood.
CHANGES = 50_000
#: Counts, from now on, what kept the page's thread for longer than 50 ms, and what was asked.
WATCH = """() => {
  window.longTasks = [];
  new PerformanceObserver((list) => {
    window.longTasks.push(...list.getEntries());
  }).observe({ type: "longtask" });
  window.frames_seen = 0;
  const count = () => { window.frames_seen += 1; requestAnimationFrame(count); };
  requestAnimationFrame(count);
}"""


@contextmanager
def flood(tasks: list[Task]) -> Iterator[threading.Event]:
    """Tell, as workers do, of `CHANGES` changes at 10,000 a second; set when all are told."""
    told = threading.Event()
    ids = [str(task.pk) for task in tasks]

    def tell() -> None:
        client = redis()
        changed = [ids[n % len(ids)] for n in range(MOST_PER_ENTRY)]
        for _ in range(CHANGES // MOST_PER_ENTRY):
            tell_in(client, changed)
            time.sleep(MOST_PER_ENTRY / 10_000)
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
    expect(page.locator("[data-strip-state]")).to_have_text("Live", timeout=LIVE_MS)
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
    # and hardly anything kept the page from answering, as drawing for each message would have
    assert page.evaluate("window.longTasks.length") <= 20
    assert page.evaluate("window.frames_seen") > 50


def is_first_row_focused(page: Page) -> bool:
    return bool(
        page.evaluate(
            "document.activeElement.closest('tr') ==="
            " document.querySelector('#result_list tbody tr')"
        )
    )

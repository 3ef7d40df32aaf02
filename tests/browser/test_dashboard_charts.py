"""The dashboard's charts in a real browser: drawn from their table, live, by pointer and by key."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from jobs.domain.outcomes import Ending
from jobs.domain.states import Move
from tests.support.browsing import Visitor
from tests.support.rows import claimed, finished, make_task, outcome_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True),
]

#: Whether a canvas shows anything in the red of failures.
HAS_RED = """(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  for (let at = 0; at < data.length; at += 4) {
    const [red, green, blue, alpha] = data.slice(at, at + 4);
    if (alpha > 200 && red > 150 && green < 90 && blue < 100) return true;
  }
  return false;
}"""


def is_live(page: Page) -> None:
    expect(page.locator("[data-connection-words]")).to_have_text("Live")


def plot(page: Page, name: str) -> Any:
    return page.locator(f'[data-plot="{name}"]')


def succeed_and_fail() -> None:
    finished(outcome_of(claimed(make_task())))
    failed = claimed(make_task())
    finished(outcome_of(failed, move=Move.FAIL, ending=Ending.FAILED, error="boom"))


def test_the_charts_and_tiles_move_when_work_runs(stranger: Visitor) -> None:
    # given charts of nothing, drawn all the same
    page = stranger()
    is_live(page)
    canvas = plot(page, "throughput").locator("canvas")
    expect(canvas).to_be_visible()
    expect(plot(page, "throughput")).to_contain_text("0 succeeded")
    expect(plot(page, "throughput").locator("svg")).to_be_hidden()

    # when work runs
    succeed_and_fail()

    # then the words, the picture and the tiles tell it
    expect(plot(page, "throughput")).to_contain_text("1 succeeded")
    expect(plot(page, "throughput")).to_contain_text("1 failed")
    expect(plot(page, "failures")).to_contain_text("50 %")
    assert plot(page, "failures").locator("canvas").evaluate(HAS_RED)
    expect(page.locator('.tiles [data-part="run"] dd')).to_contain_text("ms")
    share = page.locator('.tiles [data-stat="rates.failed_percent"]')
    expect(share).to_have_text("50 %")


def test_the_spans_and_percentiles_are_picked_in_place(stranger: Visitor) -> None:
    # given
    succeed_and_fail()
    page = stranger()
    is_live(page)

    # when another span and percentile are picked
    page.get_by_role("link", name="7d").click()
    expect(page.get_by_role("heading", name="The last 7 days")).to_be_visible()
    page.get_by_role("link", name="p99").click()

    # then the address holds them, the focus stays, and the way back leads back
    expect(page.get_by_role("link", name="p99")).to_have_attribute("aria-current", "true")
    assert page.url.endswith("/?span=7d&percent=99")
    expect(page.get_by_role("link", name="p99")).to_be_focused()
    expect(plot(page, "latency")).to_contain_text("p99")
    page.go_back()
    page.go_back()
    expect(page.get_by_role("heading", name="The last hour")).to_be_visible()


def test_the_table_behind_the_charts_stays_open(stranger: Visitor) -> None:
    page = stranger()
    is_live(page)
    page.get_by_text("As a table").click()
    table = page.get_by_role("table", name="What ended in each step")
    expect(table).to_be_visible()

    succeed_and_fail()

    expect(plot(page, "throughput")).to_contain_text("1 succeeded")
    expect(table).to_be_visible()
    expect(table.get_by_role("row").last).to_contain_text("50")


def test_the_pointer_tells_a_step_in_words(stranger: Visitor) -> None:
    succeed_and_fail()
    page = stranger()
    is_live(page)
    over = plot(page, "throughput").locator(".u-over")
    box = over.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] - 1, box["y"] + box["height"] / 2)
    expect(plot(page, "throughput").locator("[data-at]")).to_contain_text("1 succeeded, 1 failed")


def test_queues_and_types_have_charts_of_their_own(stranger: Visitor) -> None:
    succeed_and_fail()
    for path in ("/queues/default/", "/types/add/"):
        page = stranger(path)
        is_live(page)
        expect(plot(page, "throughput").locator("canvas")).to_be_visible()
        expect(plot(page, "throughput")).to_contain_text("1 succeeded")


def test_on_paper_the_charts_are_drawings(stranger: Visitor) -> None:
    succeed_and_fail()
    page = stranger()
    is_live(page)
    page.emulate_media(media="print")
    expect(plot(page, "throughput").locator("svg")).to_be_visible()
    expect(plot(page, "throughput").locator("canvas")).to_be_hidden()
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
    assert page.locator("main :is(button, input):visible").count() == 0

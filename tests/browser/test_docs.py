"""The page that describes the API, in a real browser."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.browsing import Visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True),
]

#: The texts that a reader sees, with the colours that they have and stand on, as 0 to 255.
COLOURS = """
() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const [red, green, blue, alpha = 1] = parse(getComputedStyle(at).backgroundColor);
      if (alpha > 0.5) return [red, green, blue];
    }
    return [255, 255, 255];
  };
  const wanted = ".info .title, .opblock-summary-description, .opblock-tag, .markdown p, " +
    ".parameter__name, .response-col_description, .examples-select__section-label, .model-title";
  return [...document.querySelectorAll(wanted)].map((element) => ({
    text: element.textContent,
    colour: parse(getComputedStyle(element).color).slice(0, 3),
    ground: ground(element),
  }));
}
"""


def brightness(colour: list[float]) -> float:
    """From 0, black, to 1, white."""
    channels = [
        value / 255 / 12.92 if value <= 10 else ((value / 255 + 0.055) / 1.055) ** 2.4
        for value in colour
    ]
    return sum(
        share * value for share, value in zip((0.2126, 0.7152, 0.0722), channels, strict=True)
    )


def contrast(one: list[float], other: list[float]) -> float:
    """From 1, the same, to 21."""
    dark, light = sorted([brightness(one), brightness(other)])
    return (light + 0.05) / (dark + 0.05)


def shown(page: Page) -> list[dict[str, Any]]:
    page.locator("#operations-tag-tasks").click()
    for call in ("#operations-tasks-submit_task", "#operations-tasks-list_tasks"):
        page.locator(f"{call} .opblock-summary-control").click()
        expect(page.locator(f"{call} .responses-wrapper")).to_be_visible()
    found: list[dict[str, Any]] = page.evaluate(COLOURS)
    assert len(found) > 20
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_description_is_readable_in_light_and_dark_without_another_site(
    stranger: Visitor, scheme: str
) -> None:
    page = stranger("/docs", color_scheme=scheme)

    for part in shown(page):
        assert (brightness(part["ground"]) < 0.5) is (scheme == "dark"), part
        assert contrast(part["colour"], part["ground"]) >= 4.5, part


def test_the_page_follows_when_the_system_turns_dark(stranger: Visitor) -> None:
    # given
    page = stranger("/docs", color_scheme="light")
    expect(page.locator(".info .title")).to_be_visible()
    expect(page.locator("html.dark-mode")).to_have_count(0)

    # when
    page.emulate_media(color_scheme="dark")

    # then
    expect(page.locator("html.dark-mode")).to_have_count(1)


def test_a_call_can_be_tried_on_the_page(stranger: Visitor) -> None:
    # given
    page = stranger("/docs")
    page.locator("#operations-tag-tasks").click()
    call = page.locator("#operations-tasks-submit_task")
    call.locator(".opblock-summary-control").click()
    call.get_by_role("button", name="Try it out").click()

    # when
    call.get_by_role("button", name="Execute").click()

    # then
    expect(call.locator(".live-responses-table tbody .response-col_status")).to_have_text(
        re.compile("202")
    )

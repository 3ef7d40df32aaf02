"""Every page of ours in the admin, for those who see, hear, press and hold it differently."""

from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.support.admin_pages import pages
from tests.support.browsing import Visitor
from tests.support.hostile import rows_of_every_model
from tests.support.staff import make_superuser_client

pytestmark = [
    pytest.mark.browser,
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True),
]

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
#: What axe calls worse than a nuisance.
GRAVE = {"serious", "critical"}
PHONE = {"width": 360, "height": 740}
#: Gives what makes a page wider than its window.
TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.body.querySelectorAll("*")]
    .filter((element) => element.getBoundingClientRect().right > width + 1)
    .map((element) => `${element.tagName}.${element.className}`).slice(-3);
}"""


def grave(page: Page) -> list[str]:
    """The serious and critical violations on a page, each with its first place and the reason."""
    page.evaluate(AXE)
    found: list[dict[str, Any]] = page.evaluate(
        "async () => (await axe.run(document, { resultTypes: ['violations'] })).violations"
    )
    return [
        f"{each['nodes'][0]['html'][:160]}: {each['nodes'][0]['failureSummary']}"
        for each in found
        if each["impact"] in GRAVE
    ]


def all_pages() -> dict[str, str]:
    rows_of_every_model()
    return pages(make_superuser_client())


@pytest.mark.timeout(400)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_violation(visit: Visitor, scheme: str) -> None:
    # given pages of the most hostile rows
    found = all_pages()
    page = visit("/admin/", color_scheme=scheme)

    # then
    troubles = {}
    for name, path in found.items():
        page.goto(path)
        troubles[name] = grave(page)
    assert [f"{name}: {each}" for name, told in troubles.items() for each in told] == []


@pytest.mark.timeout(200)
def test_no_page_scrolls_sideways_on_a_small_phone(visit: Visitor) -> None:
    # given
    found = all_pages()
    page = visit("/admin/", viewport=PHONE)

    # then
    troubles = {}
    for name, path in found.items():
        page.goto(path)
        troubles[name] = page.evaluate(TOO_WIDE)
    assert [f"{name}: {each}" for name, told in troubles.items() for each in told] == []


def test_nothing_moves_for_who_wants_no_motion(visit: Visitor) -> None:
    # given
    all_pages()
    page = visit("/admin/jobs/task/", reduced_motion="reduce")

    # when a cell is told anew
    page.locator(".jobs-badge").first.evaluate("badge => badge.classList.add('jobs-fresh')")

    # then
    assert page.evaluate("document.getAnimations().length") == 0

"""What keeps a page from those who see, hear, press and hold it differently."""

from importlib.resources import files
from typing import Any

from playwright.sync_api import Page

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
#: What axe calls worse than a nuisance.
GRAVE = {"serious", "critical"}
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

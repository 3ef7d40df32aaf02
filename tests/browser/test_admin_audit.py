"""The audit in a real browser: without scripts, dark and on a phone."""

from typing import Any

import pytest
from playwright.sync_api import expect

from jobs.domain.audit import Door, Verb
from jobs.services.audit import entered, through
from tests.support.browsing import Visitor
from tests.support.contrast import CONTRAST
from tests.support.rows import make_task

pytestmark = [
    pytest.mark.browser,
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True),
]

PAGE = "/admin/jobs/auditentry/"


def did(**given: Any) -> None:
    with through(Door.ADMIN):
        entered(Verb.QUEUE_PAUSE, "low", actor="ann", **given)


def test_what_one_does_on_a_page_is_found_from_there(visit: Visitor) -> None:
    # given a task that somebody cancels on its page, without scripts
    task = make_task()
    page = visit(f"/admin/jobs/task/{task.pk}/change/", java_script_enabled=False)
    page.get_by_label("Reason (optional)").first.fill("a mistake")
    page.get_by_role("button", name="Cancel", exact=True).click()

    # when its audit is opened
    page.get_by_role("link", name="Audit", exact=True).click()

    # then it tells who did what, why, and what it changed
    row = page.get_by_role("table").get_by_role("row").nth(1)
    for words in ("root", "admin", "task.cancel", str(task.pk), "a mistake", "PENDING", "REVOKED"):
        expect(row).to_contain_text(words)

    # and can be narrowed until nothing is left
    page.get_by_label("By", exact=True).fill("nobody")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("Nobody did anything of that kind.")).to_be_visible()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_scrolls_sideways_and_every_text_can_be_read(
    visit: Visitor, scheme: str, width: int
) -> None:
    # given
    did(
        reason="a very long reason " * 10,
        wanted={"task_ids": [str(number) * 36 for number in range(9)]},
        before={"reason": "x" * 200, "until": None},
        after={"reason": "y" * 200, "until": "2026-01-31T12:00:00+00:00"},
    )

    # when
    page = visit(PAGE, color_scheme=scheme, viewport={"width": width, "height": 800})

    # then
    wide = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(wide) <= 0
    texts = ".jobs-audit td, .jobs-audit del, .jobs-audit ins, .jobs-audit dt, .jobs-audit caption"
    assert page.evaluate(CONTRAST, texts) >= 4.5

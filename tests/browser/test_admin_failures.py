"""The failures' pages in a real browser: a night's failures understood, fixed and settled."""

import pytest
from playwright.sync_api import expect

from jobs.domain.fingerprint import FailureGroup
from jobs.domain.states import State
from jobs.models import Failure, Operation
from tests.support.browsing import Visitor
from tests.support.failures import GROUP, fail, make_failure
from tests.support.operations import states, worked

pytestmark = [
    pytest.mark.browser,
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True),
]

LIST = "/admin/jobs/failure/"


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_group_is_found_run_again_and_resolved(visit: Visitor, scripts: bool) -> None:
    # given
    tasks = fail(count=5)
    make_failure(FailureGroup("add", "shop.Other"), status="muted")

    # when its problem is opened from the inbox, and run again with a reason
    page = visit(LIST, java_script_enabled=scripts)
    rows = page.locator("#result_list tbody tr")
    expect(rows).to_have_count(1)
    rows.get_by_role("link", name="KeyError in shop.orders:charge").click()
    expect(page.locator("pre", has_text="Traceback").first).to_be_visible()
    page.get_by_role("link", name="Requeue 5 dead letters").click()
    page.get_by_label("Reason").fill("fixed in r8")
    page.get_by_role("button", name="Requeue 5 tasks").click()
    expect(page.get_by_text("It has begun")).to_be_visible()
    worked(Operation.objects.get())

    # and resolved
    page.goto(f"{LIST}{GROUP.fingerprint}/change/")
    expect(page.get_by_text("No dead letters")).to_be_visible()
    page.get_by_label("Reason").fill("fixed in r8")
    page.get_by_role("button", name="Resolve").click()

    # then nothing is open
    expect(page.locator(".jobs-head")).to_contain_text("Resolved")
    expect(page.get_by_role("row", name="resolved root fixed in r8")).to_be_visible()
    page.goto(LIST)
    expect(page.get_by_text("Nothing is open")).to_be_visible()
    assert set(states(tasks)) == {State.PENDING}


def test_rows_and_parts_tell_what_comes_in_their_places(visit: Visitor) -> None:
    # given
    fail(count=2)
    rows = visit(LIST)
    group = visit(f"{LIST}{GROUP.fingerprint}/change/")
    note = group.get_by_label("Note")
    note.fill("half a note")

    # when it fails again, and something else does
    fail(release="r2")
    fail(group=FailureGroup("add", "shop.Other"))

    # then
    expect(rows.locator('[data-column="dead"]')).to_contain_text("3")
    expect(rows.get_by_role("link", name="New failures: show")).to_be_visible()
    expect(rows.locator("#result_list tbody tr")).to_have_count(1)
    expect(group.get_by_role("link", name="Requeue 3 dead letters")).to_be_visible()
    expect(note).to_have_value("half a note")


def test_pages_fit_a_phone(visit: Visitor) -> None:
    fail(
        count=2,
        group=FailureGroup("shop.tasks." + "long_name_" * 15, "shop.Error", "x:" + "y" * 90),
    )
    phone = {"viewport": {"width": 360, "height": 740}}

    for path in (LIST, f"{LIST}{Failure.objects.get().pk}/change/"):
        page = visit(path, **phone)
        assert page.evaluate("document.documentElement.scrollWidth") == 360

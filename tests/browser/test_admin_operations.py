"""Actions on all that match, in a real browser."""

import pytest
from playwright.sync_api import expect

from jobs.domain.states import State
from jobs.models import Operation
from jobs.services.advance import advance
from tests.support.browsing import Visitor
from tests.support.operations import many, states, worked
from tests.support.rows import make_task

pytestmark = [
    pytest.mark.browser,
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True),
]

LIST = "/admin/jobs/task/"


def test_all_that_match_are_requeued_while_one_looks_on(visit: Visitor) -> None:
    # given more failures than a page has
    tasks = many(60, state=State.FAILURE)
    waiting = make_task()
    page = visit(f"{LIST}?state=FAILURE")

    # when all of them are chosen, asked about and confirmed
    page.locator("#action-toggle").check()
    page.get_by_role("button", name="Select all 60 tasks").click()
    page.locator("select[name=action]").select_option("requeue_selected")
    page.get_by_role("button", name="Go").click()
    expect(page.locator(".jobs-lead")).to_contain_text("60 of 60")
    page.get_by_label("Reason").fill("the server is back")
    page.get_by_role("button", name="Requeue 60 tasks").click()

    # then the page of the operation tells how far it is
    expect(page.get_by_role("status").filter(has_text="Running")).to_be_visible()
    operation = Operation.objects.get()
    advance(operation_id=operation.pk)
    advance(operation_id=operation.pk, limit=30)
    expect(page.locator("[data-part=state]")).to_contain_text("50.0 %")
    worked(operation)
    expect(page.locator("[data-part=state]")).to_contain_text("Completed")
    expect(page.locator(".jobs-report tbody tr").first).to_contain_text("Done")
    assert states([*tasks, waiting]) == [State.PENDING] * 61


def test_without_scripts_all_that_match_are_chosen_and_followed_too(visit: Visitor) -> None:
    # given
    many(60, state=State.FAILURE, queue="low")
    page = visit(f"{LIST}?queue=low", java_script_enabled=False)

    # when one is ticked, and all that match
    page.locator("input.action-select").first.check()
    page.get_by_label("All that match").check()
    page.locator("select[name=action]").select_option("discard_selected")
    page.get_by_role("button", name="Go").click()
    page.get_by_role("button", name="Discard 60 tasks").click()

    # then a link shows how far it has come
    worked(Operation.objects.get())
    page.get_by_role("link", name="Refresh").click()
    expect(page.locator("[data-part=state]")).to_contain_text("Completed")
    expect(page.get_by_role("link", name="Refresh")).to_have_count(0)

    # and it can be taken back
    page.get_by_text("Undo", exact=True).click()
    page.get_by_role("button", name="Undo it").click()
    expect(page.locator("[data-part=facts]")).to_contain_text("Takes back")

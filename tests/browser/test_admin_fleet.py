"""Workers, queues, task types and the system in a real browser, in every look."""

import re
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from jobs.domain.workers import Instruction
from jobs.models import Operation, Task, WorkerLease
from jobs.selectors.pauses import paused_at
from jobs.services.instruct import instruct
from jobs.services.losses import record_loss
from jobs.services.pause import pause_type
from tests.support.browsing import Visitor
from tests.support.rows import ago, make_task

pytestmark = [
    pytest.mark.browser,
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True),
]

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True}
LOOKS: dict[str, dict[str, Any]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "phone": PHONE,
}
PAGES = (
    "/admin/",
    "/admin/jobs/workerlease/",
    "/admin/jobs/workerlease/w1/change/",
    "/admin/jobs/workerlease/w1/tell/stop/",
    "/admin/jobs/queuepause/",
    "/admin/jobs/queuepause/queue/low/",
    "/admin/jobs/queuepause/queue/low/clear/",
    "/admin/jobs/tasktypes/",
    "/admin/jobs/tasktypes/type/add/",
    "/admin/jobs/system/",
)


@pytest.fixture(autouse=True)
def lease() -> WorkerLease:
    """A worker that beats on for as long as a test lasts."""
    return WorkerLease.objects.create(
        name="w1", host="h1", pid=4711, queues=["high", "default", "low"], lease_seconds=3600
    )


def width_beyond(page: Page) -> int:
    """By how much the page is wider than its window."""
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@pytest.mark.parametrize("look", LOOKS)
def test_no_page_is_wider_than_its_window(visit: Visitor, lease: WorkerLease, look: str) -> None:
    record_loss(lease, [make_task(queue="low")], why="x" * 300)
    make_task(state="STARTED", worker="w1", started_at=ago(3), queue="low")
    pause_type(name="add", actor="ann", reason="why " * 60)
    page = visit("about:blank", **LOOKS[look])

    for path in PAGES:
        page.goto(path)
        expect(page.locator("h1").last).to_be_visible()
        assert width_beyond(page) <= 0, path


def test_a_worker_is_made_quiet_and_the_page_follows(visit: Visitor, lease: WorkerLease) -> None:
    # given the list, with another look at the same worker open
    other = visit("/admin/jobs/workerlease/w1/change/")
    page = visit("/admin/jobs/workerlease/")

    # when
    page.get_by_role("link", name="Quiet w1").click()
    page.get_by_label("Reason").fill("it eats memory")
    page.get_by_role("button", name="Quiet").click()

    # then
    expect(page.locator(".messagelist")).to_contain_text("It takes nothing new any more.")
    expect(page.locator(".jobs-head-state .jobs-badge")).to_have_text("Quiet")
    expect(other.locator(".jobs-head-state .jobs-badge")).to_have_text("Quiet")
    expect(other.locator("[data-part=notes]")).to_contain_text("by root: it eats memory")


def test_a_queue_is_cleared_without_a_script(visit: Visitor) -> None:
    # given
    for _ in range(3):
        make_task(queue="low")
    page = visit("/admin/jobs/queuepause/", java_script_enabled=False)

    # when
    page.get_by_role("link", name="low", exact=True).click()
    page.get_by_role("link", name="Clear…").click()
    expect(page.locator(".jobs-lead")).to_contain_text("3 tasks wait on queue low")
    page.get_by_label("Reason").fill("a bad import")
    page.get_by_label(re.compile("Type low")).fill("low")
    page.get_by_role("button", name="Clear low").click()

    # then
    expect(page.locator(".messagelist")).to_contain_text("Queue low is being cleared")
    assert Operation.objects.get().reason == "a bad import"


def test_a_task_is_run_from_the_page_of_its_type(visit: Visitor) -> None:
    page = visit("/admin/jobs/tasktypes/")
    page.get_by_role("link", name="add", exact=True).click()

    # when something is missing
    page.get_by_label("X", exact=True).fill("2")
    page.get_by_role("button", name="Submit task").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was submitted")
    expect(page.get_by_label("X", exact=True)).to_have_value("2")

    # and when nothing is
    page.get_by_label("Y", exact=True).fill("3")
    page.get_by_role("button", name="Submit task").click()

    # then
    expect(page.locator(".messagelist")).to_contain_text("It was submitted")
    assert Task.objects.get().kwargs == {"x": 2, "y": 3}


def test_a_type_is_paused_and_resumed_without_a_script(visit: Visitor) -> None:
    page = visit("/admin/jobs/tasktypes/type/add/", java_script_enabled=False)

    # when
    page.get_by_label("Reason, shown").fill("the sums are wrong")
    page.get_by_role("button", name="Pause add").click()

    # then
    expect(page.get_by_role("status")).to_contain_text("paused by root since")
    assert "add" in paused_at(timezone.now()).types

    # and back
    page.get_by_role("button", name="Resume add").click()
    expect(page.get_by_role("status")).to_contain_text("Served")
    assert not paused_at(timezone.now()).types


def test_the_numbers_of_a_queue_move_by_themselves(visit: Visitor) -> None:
    page = visit("/admin/jobs/queuepause/queue/low/")
    expect(page.locator("[data-part=waiting]")).to_contain_text("Nothing waits.")
    page.get_by_label("Reason, shown").fill("half a sentence")

    task = make_task(queue="low")

    expect(page.locator("[data-part=waiting]")).to_contain_text(str(task.pk))
    expect(page.get_by_label("Reason, shown")).to_have_value("half a sentence")


def test_the_first_page_follows_what_goes_wrong(visit: Visitor) -> None:
    page = visit("/admin/")
    expect(page.locator("#health-title")).to_have_text("Healthy")

    instruct(worker="w1", instruction=Instruction.QUIET, actor="ann")
    make_task(queue="low")

    expect(page.locator("#health-title")).to_have_text("Degraded")
    expect(page.locator(".jobs-health")).to_contain_text("No worker serves the low queue")

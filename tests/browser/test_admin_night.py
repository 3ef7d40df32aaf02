"""The night in which 4,200 tasks failed: understood, mended, run again and told, by any hand.

With scripts and without, by mouse, by keys alone, and on a phone in the dark.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from jobs.domain.registry import registry
from jobs.domain.states import State
from jobs.models import Failure, Operation, Task
from jobs.services.enqueue import enqueue_many
from tests.support.authority import make_user
from tests.support.browsing import Visit, Visitor
from tests.support.tasks import TROUBLES
from tests.support.waiting import wait_for
from tests.support.web import WebProcess
from tests.support.workers import WorkerProcess, running_worker

pytestmark = [
    pytest.mark.browser,
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True),
]

#: More presses of Tab than any page needs to reach what is on it.
MOST_TABS = 400
#: What a button or a link says that leads to a change.
DEED = re.compile(r"^(Requeue|Discard|Edit and rerun|Cancel|Acknowledge|Resolve|Mute)\b")
WAYS = {
    "by mouse": {"java_script_enabled": True},
    "by keys alone": {"java_script_enabled": True},
    "without scripts": {"java_script_enabled": False},
    "on a phone in the dark": {
        "viewport": {"width": 360, "height": 740},
        "color_scheme": "dark",
        "has_touch": True,
    },
}


@pytest.fixture
def worker() -> Iterator[WorkerProcess]:
    with running_worker("high", "default") as process:
        yield process


def a_night(folder: Path, *, count: int) -> None:
    """So many tasks of one type have failed, for six reasons, each as often as another."""
    kinds = list(TROUBLES)
    calls = [
        ([], {"order": number, "currency": kinds[number % len(kinds)], "folder": str(folder)})
        for number in range(count)
    ]
    enqueue_many(task_type=registry.get("tests.charge"), calls=calls)
    failed = Task.objects.filter(name="tests.charge", state=State.FAILURE)
    wait_for(lambda: failed.count() == count, what="the night's failures")


class Hand:
    """Somebody's way to use a page."""

    def __init__(self, page: Page, way: str) -> None:
        self.page = page
        self.by_keys = way == "by keys alone"

    def press(self, what: Locator) -> None:
        """Follow a link, press a button, tick a box."""
        if not self.by_keys:
            what.click()
            return
        self._reach(what)
        is_box = what.evaluate("element => element.type === 'checkbox'")
        self.page.keyboard.press("Space" if is_box else "Enter")

    def write(self, what: Locator, text: str) -> None:
        """Write into a field, instead of what it holds."""
        if not self.by_keys:
            what.fill(text)
            return
        self._reach(what)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def _reach(self, what: Locator) -> None:
        expect(what).to_be_visible()
        for _ in range(MOST_TABS):
            if what.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab never reaches {what}")


@pytest.mark.parametrize("way", WAYS)
def test_a_night_of_failures_is_understood_mended_run_again_and_told(
    visit: Visitor, worker: WorkerProcess, tmp_path: Path, way: str
) -> None:
    # given a night in which everything failed, for six reasons
    count = 4200 if way == "by mouse" else 210
    share = count // len(TROUBLES)
    a_night(tmp_path, count=count)
    page = visit("/admin/", **WAYS[way])
    hand = Hand(page, way)

    # when somebody comes, then they see six problems, and not thousands of rows
    hand.press(page.get_by_role("link", name="Failures", exact=True).first)
    problems = page.locator("#result_list tbody tr")
    expect(problems).to_have_count(6)
    bank = problems.filter(has_text="ConnectionError")
    expect(bank.locator('[data-column="dead"]')).to_contain_text(f"{share}")

    # and understand one by what an attempt said
    hand.press(page.get_by_role("link", name="KeyError in"))
    expect(page.get_by_text("no such currency").first).to_be_visible()
    hand.press(page.get_by_role("region", name="Latest attempts").get_by_role("link").first)

    # when its argument is put right and it runs again
    hand.press(page.get_by_role("link", name="Edit and rerun"))
    mended = f'{{"order": 1, "currency": "EUR", "folder": "{tmp_path}"}}'
    hand.write(page.get_by_label("Arguments"), mended)
    hand.write(page.get_by_label("Reason"), "typing error")
    hand.press(page.get_by_role("button", name="Edit and rerun"))

    # then the new task succeeds
    expect(page.locator(".messagelist")).to_contain_text("This is the new task")
    new = Task.objects.exclude(parent=None).get()
    wait_for(lambda: Task.objects.get(pk=new.pk).state == State.SUCCESS)
    page.reload()
    expect(page.locator(".jobs-head")).to_contain_text("Success")

    # when the bank is back, and all its failures are run again, after a look at what would happen
    (tmp_path / "bank").touch()
    page.goto("/admin/jobs/failure/")
    hand.press(page.get_by_role("link", name="ConnectionError in"))
    hand.press(page.get_by_role("link", name=f"Requeue {share} dead letters"))
    expect(page.locator(".jobs-lead")).to_contain_text(f"{share} of {share}")
    hand.write(page.get_by_label("Reason"), "the bank is back")
    hand.press(page.get_by_role("button", name=f"Requeue {share} tasks"))
    expect(page.get_by_text("It has begun")).to_be_visible()

    # then they succeed, and the rest is as it was
    succeeded = Task.objects.filter(name="tests.charge", state=State.SUCCESS)
    wait_for(lambda: succeeded.count() == share + 1, what="the rerun")
    operation = Operation.objects.get()
    assert (operation.done_count, operation.total_count) == (share, share)

    # and the trail tells who did it, to how many, and why
    page.goto("/admin/jobs/auditentry/")
    for reason in ("typing error", "the bank is back"):
        expect(page.locator(".jobs-audit")).to_contain_text(reason)
    assert page.evaluate("document.documentElement.scrollWidth") <= page.evaluate(
        "document.documentElement.clientWidth"
    )


def test_who_may_only_look_sees_the_problems_and_neither_secrets_nor_buttons(
    web: WebProcess, browser: Browser, worker: WorkerProcess, tmp_path: Path
) -> None:
    # given the same night, and somebody of the support
    a_night(tmp_path, count=20)
    support = make_user("view_task", is_staff=True)
    visitor = Visit(browser, web.url, support)
    page = visitor.page

    # when they look at the problems, one of them, and one of its tasks
    page.goto("/admin/jobs/failure/")
    expect(page.locator("#result_list tbody tr")).to_have_count(6)
    failure = Failure.objects.get(exception="builtins.KeyError")
    pages = [
        "/admin/jobs/failure/",
        f"/admin/jobs/failure/{failure.pk}/change/",
        f"/admin/jobs/task/{failure.last_task}/change/",
    ]

    # then nothing of what the tasks carry is there, and nothing to press that changes anything
    for path in pages:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200
        shown = page.content()
        assert "no such currency" not in shown
        assert str(tmp_path) not in shown
        expect(page.get_by_role("button", name=DEED)).to_have_count(0)
        expect(page.get_by_role("link", name=DEED)).to_have_count(0)
    visitor.close()
    assert visitor.troubles == []

"""The page of a task, read: trees, logs by level, two attempts; with scripts and without."""

import pytest
from playwright.sync_api import expect

from jobs.models import Attempt, Task
from tests.support.browsing import Visitor
from tests.support.rows import ago, claimed, finished, make_task, outcome_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True),
]

LOG = "\n".join(
    f"2026-01-31 12:00:00,00{n} {level} shop: line {n}"
    for n, level in enumerate(("DEBUG", "INFO", "WARNING", "ERROR"))
)


def task_with_attempts() -> Task:
    task = make_task(state="FAILURE", attempt_count=2, kwargs={"order": {"id": 7, "lines": [1, 2]}})
    for number in (1, 2):
        Attempt.objects.create(
            task=task,
            number=number,
            fence=number,
            outcome="failed",
            finished_at=ago(3 - number),
            worker=f"w{number}",
            traceback=f'Traceback:\n  File "/srv/shop.py", line {number}, in run\nE',
            log=LOG,
        )
    return task


@pytest.mark.parametrize("scripts", [True, False])
def test_a_log_is_narrowed_to_a_level_and_two_attempts_are_compared(
    visit: Visitor, scripts: bool
) -> None:
    # given
    task = task_with_attempts()
    page = visit(f"/admin/jobs/task/{task.pk}/change/", java_script_enabled=scripts)

    # when
    page.get_by_text("Log of attempt 2").click()
    log = page.locator("#log-2")
    expect(log.get_by_text("line 0")).to_be_visible()
    log.get_by_label("warnings and worse").check()

    # then
    expect(log.get_by_text("line 1")).to_be_hidden()
    expect(log.get_by_text("line 2")).to_be_visible()
    expect(log.get_by_text("line 3")).to_be_visible()

    # and when
    page.get_by_label("Attempt 2 as the first").check()
    page.get_by_label("Attempt 1 as the second").check()
    page.get_by_role("button", name="Compare A with B").click()

    # then
    expect(page.get_by_role("heading", level=1)).to_contain_text("Attempts 2 and 1 of add")
    expect(page.get_by_role("row", name="Worker w2 w1 differs")).to_be_visible()
    expect(page.locator(".jobs-diff-first")).to_contain_text("line 2, in run")
    expect(page.locator(".jobs-diff-second")).to_contain_text("line 1, in run")


def test_branches_of_a_tree_open_and_close_without_a_script(visit: Visitor) -> None:
    # given
    page = visit(f"/admin/jobs/task/{task_with_attempts().pk}/change/", java_script_enabled=False)
    branch = page.locator(".jobs-json summary", has_text="order")
    leaf = page.locator(".jobs-json li", has_text="id: 7").last
    expect(leaf).to_be_visible()

    # then
    branch.click()
    expect(leaf).to_be_hidden()
    expect(page.get_by_role("button", name="Copy")).to_have_count(0)


def test_copy_gives_the_whole_of_the_arguments(visit: Visitor) -> None:
    # given
    task = task_with_attempts()
    page = visit(
        f"/admin/jobs/task/{task.pk}/change/",
        permissions=["clipboard-read", "clipboard-write"],
    )

    # when
    page.get_by_role("button", name="Copy Arguments").click()

    # then
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText().then(JSON.parse)")
    assert copied == {"order": {"id": 7, "lines": [1, 2]}}


def test_what_is_chosen_stays_when_the_page_tells_something_new(visit: Visitor) -> None:
    # given a waiting task with two attempts behind it, whose older log is being read
    task = task_with_attempts()
    Task.objects.filter(pk=task.pk).update(state="PENDING")
    page = visit(f"/admin/jobs/task/{task.pk}/change/")
    page.get_by_text("Log of attempt 1").click()
    page.locator("#log-1").get_by_label("errors").check()
    page.get_by_label("Attempt 1 as the second").check()
    page.evaluate("document.activeElement.blur()")

    # when it runs
    finished(outcome_of(claimed(task)))

    # then
    expect(page.locator("#attempts")).to_contain_text("succeeded")
    expect(page.locator("#log-1").get_by_label("errors")).to_be_checked()
    expect(page.get_by_label("Attempt 1 as the second")).to_be_checked()
    expect(page.locator("#log-1")).to_have_attribute("open", "")

"""The operators' pages by single keys."""

import pytest
from playwright.sync_api import Page, expect

from jobs.models import Task
from tests.support.browsing import Visitor
from tests.support.rows import make_task, reload

pytestmark = [
    pytest.mark.browser,
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True),
]

LIST = "/admin/jobs/task/"


def focused(page: Page) -> str:
    """The text of what has the focus."""
    return str(page.evaluate("document.activeElement.textContent.trim()"))


def is_at(page: Page, task: Task) -> bool:
    return str(task.pk) in str(page.evaluate("document.activeElement.href || ''"))


def test_requeue_of_two_tasks_by_keys_alone(visit: Visitor) -> None:
    # given
    third, second, first = (make_task(state="FAILURE") for _ in range(3))
    page = visit(LIST)

    # when the first and the third of the list are ticked
    page.keyboard.press("j")
    assert is_at(page, first)
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert is_at(page, third)
    page.keyboard.press("k")
    assert is_at(page, second)
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("r")

    # then nothing has happened before it is confirmed
    button = page.get_by_role("button", name="Requeue 2 tasks")
    expect(button).to_be_visible()
    assert reload(first).state == "FAILURE"
    button.press("Enter")
    expect(page.locator(".messagelist")).to_contain_text("Requeued 2 tasks.")
    assert [reload(task).state for task in (first, second, third)] == [
        "PENDING",
        "FAILURE",
        "PENDING",
    ]


def test_the_current_task_is_meant_when_none_is_ticked(visit: Visitor) -> None:
    # given
    make_task()
    page = visit(LIST)

    # when
    page.keyboard.press("j")
    page.keyboard.press("c")

    # then
    expect(page.get_by_role("button", name="Cancel 1 task")).to_be_visible()


def test_what_is_ticked_and_where_one_is_can_be_seen(visit: Visitor) -> None:
    make_task()
    page = visit(LIST)
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("#result_list tbody tr")).to_have_css("outline-style", "solid")
    expect(page.locator(".action-counter")).to_contain_text("1 of 1")


def test_a_dot_leads_to_the_explanation(visit: Visitor) -> None:
    # given
    task = make_task()
    page = visit(LIST)

    # when
    page.keyboard.press("j")
    page.keyboard.press(".")

    # then
    page.wait_for_url(f"**{LIST}{task.pk}/change/#explain")
    page.keyboard.press(".")
    assert "No worker listens" in focused(page)


def test_on_a_tasks_page_a_key_leads_to_the_button_and_presses_nothing(visit: Visitor) -> None:
    # given
    task = make_task(state="FAILURE")
    page = visit(f"{LIST}{task.pk}/change/")

    # when
    page.keyboard.press("r")

    # then
    assert focused(page) == "Requeue"
    assert reload(task).state == "FAILURE"
    page.keyboard.press("Enter")
    expect(page.locator(".messagelist")).to_contain_text("Requeued 1 task.")


def test_letters_that_are_typed_are_letters(visit: Visitor) -> None:
    # given
    make_task()
    page = visit(LIST)

    # when
    page.keyboard.press("/")
    page.keyboard.type("xjrc?./")

    # then
    expect(page.locator("#searchbar")).to_have_value("xjrc?./")
    expect(page.locator("dialog[open]")).to_have_count(0)

    # and with another key held they are somebody else's
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Alt+j")
    page.keyboard.press("Control+j")
    assert page.evaluate("document.activeElement === document.body")


def test_the_help_opens_closes_and_turns_the_keys_off_in_this_browser(visit: Visitor) -> None:
    # given
    task = make_task()
    page = visit(LIST)
    help_ = page.get_by_role("dialog", name="Keyboard shortcuts")

    # when
    page.keyboard.press("?")
    expect(help_).to_be_visible()
    page.keyboard.press("j")
    assert not is_at(page, task)
    page.get_by_label("Single keys do this").uncheck()
    page.keyboard.press("Escape")
    expect(help_).to_be_hidden()

    # then also after another load no key does anything
    page.reload()
    for key in ("j", "?", "/"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement === document.body")
    expect(help_).to_be_hidden()

    # and the button brings the help all the same, and with it the keys
    page.get_by_role("button", name="Keyboard shortcuts").click()
    page.get_by_label("Single keys do this").check()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("j")
    assert is_at(page, task)

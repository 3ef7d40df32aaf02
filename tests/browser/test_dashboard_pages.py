"""The dashboard's pages of queues, task types and workers in a real browser."""

import pytest
from playwright.sync_api import Page, expect

from jobs.models import Task, WorkerLease
from jobs.services.pause import pause
from tests.support.browsing import Visitor
from tests.support.rows import ago, claimed, finished, make_task, outcome_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True),
]


def is_live(page: Page) -> None:
    expect(page.locator("[data-connection-words]")).to_have_text("Live")


def test_the_queues_move_by_themselves(stranger: Visitor) -> None:
    # given
    page = stranger("/queues/")
    is_live(page)
    row = page.locator("tr", has=page.get_by_role("link", name="high"))
    expect(row).to_contain_text("0 waiting, 0 running")

    # when
    make_task(queue="high")
    pause(queue="high", actor="ann", reason="lunch")

    # then
    expect(row).to_contain_text("1 waiting, 0 running")
    expect(row).to_contain_text("Paused by ann")


def test_a_queues_page_follows_its_tasks_and_keeps_the_focus(stranger: Visitor) -> None:
    # given a page whose link to a waiting task has the focus
    task = make_task(queue="high", run_after=ago(60))
    page = stranger("/queues/high/")
    is_live(page)
    link = page.locator(f'[data-part="waiting"] a[href="/tasks/{task.pk}/"]')
    link.focus()

    # when another comes, and runs
    other = make_task(queue="high")
    running = page.locator(f'[data-part="running"] a[href="/tasks/{other.pk}/"]')
    claimed(other)

    # then
    expect(running).to_be_visible()
    third = make_task(queue="high")
    fresh = page.locator(f'[data-part="waiting"] a[href="/tasks/{third.pk}/"]')
    expect(fresh).to_be_visible()
    expect(link).to_be_focused()


def test_a_worker_is_followed_with_its_progress(stranger: Visitor) -> None:
    # given
    WorkerLease.objects.create(name="w1", host="h1", pid=1, queues=["default"], lease_seconds=3600)
    task = make_task()
    page = stranger("/workers/")
    is_live(page)
    row = page.locator("tr", has_text="w1")
    expect(row).to_contain_text("idle")

    # when
    claim = claimed(task, worker="w1")
    Task.objects.filter(pk=task.pk).update(progress={"percent": 30.0})

    # then
    expect(row).to_contain_text("30 %")
    finished(outcome_of(claim))
    expect(row).to_contain_text("idle")


def test_the_keys_lead_to_every_page(stranger: Visitor) -> None:
    page = stranger("/")
    is_live(page)
    places = {"q": "/queues/", "t": "/types/", "w": "/workers/", "o": "/"}
    for key, path in places.items():
        page.keyboard.press("g")
        page.keyboard.press(key)
        page.wait_for_url(f"**{path}")


def test_keys_are_explained_and_can_be_turned_off(stranger: Visitor) -> None:
    # given
    page = stranger("/queues/")
    is_live(page)

    # when they are asked for
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    dialog.get_by_role("checkbox").uncheck()
    dialog.get_by_role("button", name="Close").click()

    # then they do nothing any more, until they are turned on
    page.keyboard.press("?")
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Keyboard shortcuts").click()
    dialog.get_by_role("checkbox").check()
    dialog.get_by_role("button", name="Close").click()
    page.keyboard.press("?")
    expect(dialog).to_be_visible()


def test_a_key_in_a_field_is_only_text(stranger: Visitor) -> None:
    page = stranger("/?type=add")
    is_live(page)
    field = page.get_by_label("X", exact=True)
    field.press("g")
    field.press("q")
    expect(field).to_have_value("gq")


def test_rows_are_reached_by_keys(stranger: Visitor) -> None:
    page = stranger("/queues/")
    is_live(page)
    for key, name in (("j", "high"), ("j", "default"), ("k", "high")):
        page.keyboard.press(key)
        expect(page.get_by_role("link", name=name, exact=True)).to_be_focused()


def test_a_task_is_found_without_scripts(stranger: Visitor) -> None:
    task = make_task(queue="low", state="FAILURE", finished_at=ago(5))
    page = stranger("/", java_script_enabled=False)
    page.get_by_role("link", name="Queues").click()
    page.get_by_role("link", name="low", exact=True).click()
    page.locator(f'a[href="/tasks/{task.pk}/"]').click()
    expect(page.get_by_role("heading", level=1)).to_have_text("add")

"""What the pages say and do when their server, or the way to it, fails."""

import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from jobs.domain.states import State
from jobs.models import Task
from tests.support.browsing import LIVE_MS
from tests.support.rows import make_task
from tests.support.waiting import wait_for
from tests.support.web import WebProcess, running_web

pytestmark = [
    pytest.mark.browser,
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True),
]


#: A page that could not connect waits so long at most before it tries again.
LONGEST_WAIT_MS = 30_000


def is_live(page: Page, *, timeout: float = LIVE_MS) -> None:
    expect(page.locator("[data-connection-words]")).to_have_text("Live", timeout=timeout)


def test_polling_takes_over_where_sockets_are_blocked(web: WebProcess, browser: Browser) -> None:
    # given a network that lets no socket through
    with browser.new_context(base_url=web.url) as context:
        page = context.new_page()
        page.route_web_socket(re.compile("/ws/"), lambda route: route.close(code=1011))
        page.goto("/")
        words = page.locator("[data-connection-words]")
        expect(words).to_have_text("Polling", timeout=LIVE_MS)

        # when a task comes
        make_task(queue="low")

        # then the page shows it all the same
        waiting = page.locator('.tiles [data-queue="low"][data-field="pending"]')
        expect(waiting).to_have_text("1", timeout=LIVE_MS)


def test_old_numbers_are_shown_as_old(browser: Browser) -> None:
    # given an open overview
    with (
        running_web(LIVE_BEAT_SECONDS="0.5") as web,
        browser.new_context(base_url=web.url) as context,
    ):
        page = context.new_page()
        page.goto("/")
        is_live(page)

        # when the server goes away
        web.stop()

        # then the page says how old its numbers are
        words = page.locator("[data-connection-words]")
        expect(words).to_have_text(re.compile(r"^No data since \d+ s$"), timeout=2 * LIVE_MS)


@pytest.mark.timeout(120)
def test_a_page_finds_its_server_again(browser: Browser) -> None:
    # given an open overview whose server was stopped
    with running_web(LIVE_BEAT_SECONDS="0.5") as first:
        context = browser.new_context(base_url=first.url)
        page = context.new_page()
        page.goto("/")
        is_live(page)
        port = first.port
        first.stop()
    expect(page.locator("[data-connection-words]")).not_to_have_text("Live", timeout=2 * LIVE_MS)

    # when it comes back, and a task with it
    with running_web(LIVE_BEAT_SECONDS="0.5", PORT=str(port)):
        make_task(queue="low")

        # then the page is live again, with the present numbers
        is_live(page, timeout=LONGEST_WAIT_MS + LIVE_MS)
        waiting = page.locator('.tiles [data-queue="low"][data-field="pending"]')
        expect(waiting).to_have_text("1", timeout=LIVE_MS)
        context.close()


def test_a_change_that_was_told_to_nobody_is_shown_soon(web: WebProcess, browser: Browser) -> None:
    # given a page that is made, and whose script waits
    task = make_task()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    def is_held() -> bool:
        return page.title() != "" and bool(held)  # events come while the browser is asked

    with browser.new_context(base_url=web.url) as context:
        page = context.new_page()
        page.route(re.compile("overview.*js"), hold)
        page.goto("/", wait_until="commit")
        wait_for(is_held)

        # when a task changes before the page is connected
        Task.objects.filter(pk=task.pk).update(state=State.REVOKED)
        held[0].continue_()

        # then its row is put right all the same
        badge = page.locator(f'tr[data-task="{task.pk}"] .badge')
        expect(badge).to_have_text("Revoked", timeout=LIVE_MS)

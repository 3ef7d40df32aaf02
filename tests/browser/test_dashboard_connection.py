"""What the pages say and do when their server, or the way to it, fails."""

import re
import threading
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, WebSocketRoute, expect

from jobs.domain.states import State
from jobs.models import Task
from taskqueue_site.up.ports import free_port
from taskqueue_site.up.redis_server import RedisServer
from tests.support.browsing import PATIENCE_MS
from tests.support.outages import unreadable
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


def is_live(page: Page, *, timeout: float = PATIENCE_MS) -> None:
    expect(page.locator("[data-connection-words]")).to_have_text("Live", timeout=timeout)


def test_polling_takes_over_where_sockets_are_blocked(web: WebProcess, browser: Browser) -> None:
    # given a network that lets no socket through
    with browser.new_context(base_url=web.url) as context:
        page = context.new_page()
        page.route_web_socket(re.compile("/ws/"), lambda route: route.close(code=1011))
        page.goto("/")
        words = page.locator("[data-connection-words]")
        expect(words).to_have_text("Polling")

        # when a task comes
        make_task(queue="low")

        # then the page shows it all the same
        waiting = page.locator('.tiles [data-queue="low"][data-field="pending"]')
        expect(waiting).to_have_text("1")


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
        expect(words).to_have_text(re.compile(r"^No data since \d+ s$"))


def test_a_page_finds_its_server_again(browser: Browser) -> None:
    # given an open overview whose server was stopped
    with running_web(LIVE_BEAT_SECONDS="0.5") as first:
        context = browser.new_context(base_url=first.url)
        page = context.new_page()
        page.goto("/")
        is_live(page)
        port = first.port
        first.stop()
    expect(page.locator("[data-connection-words]")).not_to_have_text("Live")

    # when it comes back, and a task with it
    with running_web(LIVE_BEAT_SECONDS="0.5", PORT=str(port)):
        make_task(queue="low")

        # then the page is live again, with the present numbers
        is_live(page, timeout=LONGEST_WAIT_MS + PATIENCE_MS)
        waiting = page.locator('.tiles [data-queue="low"][data-field="pending"]')
        expect(waiting).to_have_text("1")
        context.close()


def test_a_publisher_that_falls_silent_is_said_to(web: WebProcess, browser: Browser) -> None:
    # given an open overview, whose socket then stays open and tells nothing, as does the server
    with browser.new_context(base_url=web.url) as context:
        page = context.new_page()
        silent = threading.Event()

        def pass_on(route: WebSocketRoute) -> None:
            server = route.connect_to_server()
            server.on_message(lambda text: None if silent.is_set() else route.send(text))

        page.route_web_socket(re.compile("/ws/stats"), pass_on)
        page.goto("/")
        is_live(page)
        page.route(re.compile("live.json"), lambda route: route.abort())
        silent.set()

        # then the page says how long nobody has published, keeps its numbers, and marks them old
        words = page.locator("[data-connection-words]")
        expect(words).to_have_text(re.compile(r"^No publisher since \d+ s$"))
        expect(page.locator("html.is-stale .tiles")).to_be_visible()
        said = page.get_by_role("status").filter(has_text="No publisher: the numbers are old")
        expect(said).to_have_count(1)

        # when it is heard again, then the page is live
        silent.clear()
        is_live(page)
        expect(page.locator("html.is-stale")).to_have_count(0)


def test_redis_away_is_said_beside_live_numbers(browser: Browser, tmp_path: Path) -> None:
    # given an open overview
    redis = RedisServer(tmp_path / "redis", port=free_port(), persistent=False)
    redis.start()
    try:
        with (
            running_web(LIVE_BEAT_SECONDS="0.5", REDIS_URL=redis.url) as web,
            browser.new_context(base_url=web.url) as context,
        ):
            page = context.new_page()
            page.goto("/")
            is_live(page)

            # when Redis goes away, and a task comes
            redis.stop()
            make_task(queue="low")

            # then the numbers move on, and the page says who reads them
            words = page.locator("[data-connection-words]")
            expect(words).to_have_text("Live, Redis away")
            waiting = page.locator('.tiles [data-queue="low"][data-field="pending"]')
            expect(waiting).to_have_text("1")

            # when Redis is back, then it says so
            redis.start()
            is_live(page)
    finally:
        redis.stop()


def test_numbers_of_a_database_that_is_away_are_shown_with_their_time(browser: Browser) -> None:
    # given an open overview with a number
    make_task(queue="low")
    with (
        running_web(LIVE_BEAT_SECONDS="0.5") as web,
        browser.new_context(base_url=web.url) as context,
    ):
        page = context.new_page()
        page.goto("/")
        is_live(page)

        # when the database can be read no more
        with unreadable():
            # then the page says so, of when its numbers are, and keeps them
            words = page.locator("[data-connection-words]")
            away = re.compile(r"^Database away: numbers of \d\d:\d\d:\d\d$")
            expect(words).to_have_text(away)
            waiting = page.locator('.is-stale .tiles [data-queue="low"][data-field="pending"]')
            expect(waiting).to_have_text("1")

        # when it is back, then the page is live
        is_live(page)


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
        expect(badge).to_have_text("Revoked")

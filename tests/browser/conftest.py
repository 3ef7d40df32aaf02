from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, ConsoleMessage, Page, Request

from tests.support.browsing import Visit, Visitor, running_browser
from tests.support.web import WebProcess, running_web


@pytest.fixture(scope="module")
def web(django_db_setup: None) -> Iterator[WebProcess]:
    with running_web(LIVE_BEAT_SECONDS="0.5") as process:
        yield process


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with running_browser() as chromium:
        yield chromium


@pytest.fixture
def visit(web: WebProcess, browser: Browser) -> Iterator[Visitor]:
    """Opens pages as a superuser; at the end none of them has met an error or shown a dialog."""
    visits = []

    def open_page(path: str, **options: Any) -> Page:
        user, _ = User.objects.get_or_create(
            username="root", defaults={"is_staff": True, "is_superuser": True}
        )
        visits.append(Visit(browser, web.url, user, **options))
        visits[-1].page.goto(path)
        return visits[-1].page

    yield open_page
    troubles = [trouble for each in visits for trouble in each.troubles]
    for each in visits:
        each.close()
    assert troubles == []


@pytest.fixture
def stranger(web: WebProcess, browser: Browser) -> Iterator[Visitor]:
    """Opens pages as somebody without an account.

    At the end no page has met an error or asked anything of another site.
    """
    troubles: list[str] = []
    contexts = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            troubles.append(message.text)

    def on_request(request: Request) -> None:
        if not request.url.startswith(web.url):
            troubles.append(f"asked {request.url}")

    def open_page(path: str = "/", **options: Any) -> Page:
        contexts.append(browser.new_context(base_url=web.url, **options))
        page = contexts[-1].new_page()
        page.on("console", on_console)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", on_request)
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert troubles == []

"""A real browser, logged in, on a served site."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.support import chromium

#: A deadline for whatever a page is to show.
PATIENCE_MS = 30_000


@contextmanager
def running_browser() -> Iterator[Browser]:
    """A Chromium. Its loop runs in this thread, where Django would refuse the ORM: allowed here."""
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=chromium.executable(), args=list(chromium.ARGUMENTS)
            )
            expect.set_options(timeout=PATIENCE_MS)
            yield browser
            browser.close()
    finally:
        if before is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


class Visit:
    """A page of somebody who is logged in; every script error and dialog is kept."""

    def __init__(self, browser: Browser, url: str, user: User, **options: Any) -> None:
        client = Client()
        client.force_login(user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        self._context = browser.new_context(base_url=url, **options)
        self._context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": url}]
        )
        self.page: Page = self._context.new_page()
        self.troubles: list[str] = []
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("dialog", self._dismiss)

    def _dismiss(self, dialog: Any) -> None:
        self.troubles.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def close(self) -> None:
        """Close the page and forget its cookies."""
        self._context.close()


#: Opens an address as a superuser, under a browser's options, and gives the page.
Visitor = Callable[..., Page]

"""The browser that the tests drive."""

import importlib.util
import os
import shutil
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def executable() -> str:
    """The path of a Chromium: CHROMIUM, PATH's, else Playwright's own download; "" for none."""
    given = os.environ.get("CHROMIUM", "")
    if given:
        return given
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return found
    downloads = Path.home() / ".cache" / "ms-playwright"
    newest = sorted(downloads.glob("chromium-*/chrome-linux*/chrome"))
    return str(newest[-1]) if newest else ""


def why_not() -> str:
    """Why this machine cannot run browser tests; empty when it can."""
    if importlib.util.find_spec("playwright") is None:
        return "Playwright is not installed (make setup)"
    browser = executable()
    if not browser:
        return "no Chromium found (apt install chromium, or set CHROMIUM)"
    return "" if shutil.which(browser) else f"CHROMIUM is {browser!r}, which is no program"

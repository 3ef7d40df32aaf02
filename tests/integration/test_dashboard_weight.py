"""How much a browser must fetch to show a page of the dashboard."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from tests.support.dashboard_pages import html, pages
from tests.support.rows import ago, make_task

pytestmark = pytest.mark.django_db

MOST_BYTES = 200_000
_IMPORT = re.compile(r'from "(\.{1,2}/[^"]+)"')


def files_of(page: str) -> set[str]:
    """The static files that a page asks for, and those that they import."""
    ahead = set(re.findall(r'(?:src|href)="/static/([^"]+)"', page))
    found: set[str] = set()
    while ahead:
        name = ahead.pop()
        found.add(name)
        if name.endswith(".js"):
            here = Path("/") / Path(name).parent
            imported = _IMPORT.findall(path_of(name).read_text())
            ahead |= {str((here / each).resolve())[1:] for each in imported} - found
    return found


def path_of(name: str) -> Path:
    found = finders.find(name)
    assert found, f"there is no {name}"
    return Path(found)


@pytest.mark.parametrize("query", ["", "?span=7d"])
def test_no_page_weighs_200_kb(client: Client, query: str) -> None:
    # given lists as long as they get
    tasks = [
        make_task(queue="high", state=state, started_at=ago(9), finished_at=ago(5), error="e" * 300)
        for state in ("PENDING", "STARTED", "FAILURE", "SUCCESS", "RETRY")
        for _ in range(30)
    ]

    # then no page asks for more, nothing compressed
    weights = {}
    for name, address in pages(task_id=tasks[0].pk).items():
        page = html(client.get(address + query))
        files = sum(path_of(each).stat().st_size for each in files_of(page))
        weights[name] = len(page.encode()) + files
    assert {name: bytes_ for name, bytes_ in weights.items() if bytes_ > MOST_BYTES} == {}
    assert weights["overview"] > 60_000  # the charts' code was counted

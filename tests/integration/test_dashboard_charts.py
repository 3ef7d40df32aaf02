"""The charts of the dashboard: the table behind them, their pickers, what draws them."""

import hashlib
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone

from jobs.domain.histogram import bucket_of
from jobs.models import Release, Rollup
from tests.support.dashboard_pages import html
from tests.support.rows import ago

pytestmark = pytest.mark.django_db

VENDOR = Path(__file__).parents[2] / "dashboard" / "static" / "dashboard" / "vendor"
PAGES = ("/", "/queues/high/", "/types/add/")


def ended(seconds_ago: float = 0, *, run_ms: int = 20, queue: str = "high", **counts: int) -> None:
    minute = ago(seconds_ago).replace(second=0, microsecond=0)
    runs = [0] * bucket_of(run_ms / 1000) + [sum(counts.values())]
    Rollup.objects.create(at=minute, queue=queue, name="add", run_histogram=runs, **counts)


def rows(page: str) -> list[list[str]]:
    """The cells of the table behind the charts, without the moments."""
    body = page.partition("data-points>")[2].partition("<tbody>")[2].partition("</tbody>")[0]
    return [re.findall(r"<td[^>]*>([^<\n]*)", row) for row in body.split("<tr>")[1:]]


@pytest.mark.parametrize("path", PAGES)
def test_the_table_tells_each_step(client: Client, path: str) -> None:
    # given what ended now, and twenty minutes ago
    ended(succeeded=30, failed=10, retried=2, run_ms=500)
    ended(20 * 60, succeeded=7)

    # when
    page = html(client.get(path))

    # then
    steps = [row for row in rows(page) if row[:3] != ["0", "0", "0"]]
    assert [row[:4] for row in steps] == [["7", "0", "0", "0"], ["30", "10", "2", "25"]]
    assert [row[5] for row in steps] == ["20 ms", "506 ms"]
    assert "37 succeeded" in page
    assert "10 failed" in page
    assert "2 tried again" in page


def test_a_queues_charts_leave_the_others_out(client: Client) -> None:
    ended(succeeded=30)
    assert "30 succeeded" in html(client.get("/queues/high/"))
    assert "0 succeeded" in html(client.get("/queues/low/")).replace("30 succeeded", "")


@pytest.mark.parametrize(
    ("span", "steps"),
    [("15m", 15), ("1h", 60), ("6h", 72), ("24h", 96), ("7d", 168), ("30d", 120), ("90d", 90)],
)
def test_a_span_is_chosen_by_the_address(client: Client, span: str, steps: int) -> None:
    page = html(client.get(f"/?span={span}&percent=50"))
    assert len(rows(page)) == steps
    assert f'href="?span={span}&amp;percent=50" data-swap aria-current="true"' in page
    assert f'href="?span={span}&amp;percent=99"' in page


def test_what_an_address_asks_for_that_is_not_there_is_the_default(client: Client) -> None:
    page = html(client.get("/?span=<b>&percent=1e9"))
    assert "The last hour" in page
    assert 'href="?span=1h&amp;percent=95" data-swap aria-current="true"' in page


def test_the_percentile_is_chosen_by_the_address(client: Client) -> None:
    ended(succeeded=90, run_ms=20)
    ended(60, succeeded=10, run_ms=8000)
    assert "20 ms run" in html(client.get("/?percent=50"))
    assert "8.0 s run" in html(client.get("/?percent=99"))


def test_releases_are_marked_and_told(client: Client) -> None:
    Release.objects.create(name="<i>r42", first_seen_at=timezone.now() - timedelta(minutes=5))
    page = html(client.get("/"))
    assert "data-release=" in page
    assert "<bdi>&lt;i&gt;r42</bdi>" in page


def test_without_scripts_the_charts_are_drawings_with_words(client: Client) -> None:
    ended(succeeded=30, failed=10)
    page = html(client.get("/"))
    assert 'aria-label="Attempts that ended in each step; the table has the same"' in page
    assert '<rect class="jobs-bar-bad"' in page


def test_when_nothing_ever_ended_the_charts_are_empty_and_whole(client: Client) -> None:
    page = html(client.get("/"))
    assert "0 succeeded" in page
    assert "no wait" in page
    assert "Nothing has run within the last hour." in page


def test_the_code_of_others_is_what_its_list_says() -> None:
    told = (VENDOR / "README.md").read_text()
    sums = dict(re.findall(r"^\| `([^`]+)` \|.*`([0-9a-f]{64})` \|$", told, re.MULTILINE))
    for path in [*VENDOR.glob("*.js"), *VENDOR.glob("*.css")]:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == sums.pop(path.name)
    assert sums == {}

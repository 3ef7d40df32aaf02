"""The charts of a page: what its address asks for, and how they look without scripts."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from jobs.admin.charts import Band, bars, sparkline
from jobs.domain.spans import Span
from jobs.domain.wording import duration
from jobs.selectors.charts import Chart, Point, chart

PERCENTS = (50, 95, 99)
DEFAULT_PERCENT = 95
NONE = "\N{EN DASH}"
#: What follows `the last`.
WORDS = {
    Span.MINUTES_15: "15 minutes",
    Span.HOUR_1: "hour",
    Span.HOURS_6: "6 hours",
    Span.HOURS_24: "24 hours",
    Span.DAYS_7: "7 days",
    Span.DAYS_30: "30 days",
    Span.DAYS_90: "90 days",
}


def charts(request: HttpRequest, *, queue: str = "", name: str = "") -> dict[str, Any]:
    """What `charts.html` shows: of everything, of a queue or of a task type."""
    span, percent = asked_span(request), _percent(request)
    found = chart(span, now=timezone.now(), percent=percent, queue=queue, name=name)
    return {
        "chart": found,
        "span": span.value,
        "span_words": WORDS[span],
        "spans": [each.value for each in Span],
        "percent": percent,
        "percents": PERCENTS,
        "rows": _rows(found.points),
        "totals": found.totals,
        "totals_failed_percent": failed_percent(found.totals),
        "throughput_drawing": _throughput(found),
        "failures_drawing": sparkline(
            [failed_percent(each) or 0.0 for each in found.points], "Failed, percent"
        ),
        "wait_drawing": sparkline(
            [each.wait_seconds or 0.0 for each in found.points], "Wait, seconds"
        ),
        "run_drawing": sparkline(
            [each.run_seconds or 0.0 for each in found.points], "Run, seconds"
        ),
    }


def asked_span(request: HttpRequest) -> Span:
    """The span that an address asks for, an hour unless it names another."""
    given = request.GET.get("span", "")
    return Span(given) if given in set(Span) else Span.HOUR_1


def failed_percent(point: Point) -> float | None:
    """Of what succeeded or failed for good; None when there is nothing of either."""
    judged = point.succeeded + point.failed
    return 100 * point.failed / judged if judged else None


def _percent(request: HttpRequest) -> int:
    given = request.GET.get("percent", "")
    known = {str(each): each for each in PERCENTS}
    return known.get(given, DEFAULT_PERCENT)


def _throughput(found: Chart) -> SafeString:
    points = found.points
    bands = [
        Band("succeeded", "good", [each.succeeded for each in points]),
        Band("failed", "bad", [each.failed for each in points]),
        Band("tried again", "warn", [each.retried for each in points]),
    ]
    return bars(bands, "Attempts that ended in each step; the table has the same")


def _rows(points: Sequence[Point]) -> SafeString:
    """The rows of the table behind the charts, in UTC; written here, as a template takes longer."""
    return format_html_join(
        "\n",
        '<tr><th scope="row"><time datetime="{}">{}</time><td>{}<td>{}<td>{}<td>{}'
        '<td data-s="{}">{}<td data-s="{}">{}',
        map(_cells, points),
    )


def _cells(point: Point) -> tuple[object, ...]:
    at, share = point.at.astimezone(UTC), failed_percent(point)
    wait, run = point.wait_seconds, point.run_seconds
    return (
        at.isoformat(),
        f"{at.day} {at:%b %H:%M}",
        point.succeeded,
        point.failed,
        point.retried,
        NONE if share is None else f"{share:.4g}",
        "" if wait is None else f"{wait:.6g}",
        lasted(wait),
        "" if run is None else f"{run:.6g}",
        lasted(run),
    )


def lasted(seconds: float | None) -> str:
    """Seconds as people read them, a dash where there are none."""
    return NONE if seconds is None else duration(seconds)

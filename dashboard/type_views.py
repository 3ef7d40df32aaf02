"""The task types, and the page of each."""

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.access import allowed, page
from dashboard.charts import charts
from dashboard.fragments import shown
from dashboard.queue_views import MOST_FAILURES
from jobs.admin.type_looks import defaults_of, durations, percentile_rows
from jobs.domain.registry import registry
from jobs.selectors.charts import Point
from jobs.selectors.latest import latest_failures
from jobs.selectors.pauses import paused_at
from jobs.selectors.task_types import WINDOWS, Volume, slowest, unknown_types, volumes, window_of


@require_safe
@page("view_task")
def types(request: HttpRequest) -> HttpResponse:
    """Every task type: how many ended within a window, how well, after how long."""
    word, window = window_of(request.GET.get("window", ""))
    now = timezone.now()
    found, paused = volumes(window, now=now), paused_at(now).types
    context = {
        "window": word,
        "windows": list(WINDOWS),
        "types": [(each, _queue_of(each.name), paused.get(each.name)) for each in found],
        "unknown": unknown_types(),
    }
    return shown(request, "types", context)


@require_safe
@page("view_task")
def task_type(request: HttpRequest, name: str) -> HttpResponse:
    """One task type: its numbers, durations and defaults, its slowest and failed tasks."""
    if "\0" in name:
        raise Http404("No task type has such a name.")
    known = registry.find(name)
    shown_charts = charts(request, name=name)
    volume = _volume(name, shown_charts["chart"].totals)
    recent = slowest(name)
    waiting = 0 if known else dict(unknown_types()).get(name, 0)
    if not (known or volume.ended or recent or waiting):
        raise Http404(f"There is no task type {name!r}.")
    is_offered = known is not None and not known.internal and allowed(request, "submit_task")
    context = {
        **shown_charts,
        "name": name,
        "volume": volume,
        "is_known": known is not None,
        "waiting": waiting,
        "paused": paused_at(timezone.now()).types.get(known.name if known else name),
        "description": known.description if known else "",
        "defaults": defaults_of(known) if known else [],
        "percentiles": percentile_rows(volume),
        "histograms": [
            ("Runs", "runs", durations(volume.runs, "Runs by how long they took")),
            ("Waits", "waits", durations(volume.waits, "Waits by how long they took")),
        ],
        "slowest": recent,
        "failures": latest_failures(task_type=name, most=MOST_FAILURES),
        "shows_payload": allowed(request, "view_payload"),
        "submit_url": f"{reverse('dashboard:submit')}?{urlencode({'type': name})}"
        if is_offered
        else "",
    }
    return shown(request, "type", context)


def _volume(name: str, totals: Point) -> Volume:
    return Volume(
        name=name,
        succeeded=totals.succeeded,
        failed=totals.failed,
        revoked=totals.revoked,
        retried=totals.retried,
        waits=totals.waits,
        runs=totals.runs,
    )


def _queue_of(name: str) -> str | None:
    known = registry.find(name)
    return known.queue if known else None

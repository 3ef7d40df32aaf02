"""The task types, and the page of each."""

from datetime import timedelta
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.access import allowed, page
from dashboard.fragments import shown
from dashboard.queue_views import MOST_FAILURES
from jobs.admin.type_looks import PERCENTS, defaults_of, durations, percentile_rows
from jobs.domain.registry import registry
from jobs.selectors.latest import latest_failures
from jobs.selectors.task_types import WINDOWS, slowest, unknown_types, volumes


@require_safe
@page("view_task")
def types(request: HttpRequest) -> HttpResponse:
    """Every task type: how many ended within a window, how well, after how long."""
    word, window = _window(request)
    found = volumes(window, now=timezone.now())
    context = {
        "window": word,
        "windows": list(WINDOWS),
        "types": [(each, _queue_of(each.name)) for each in found],
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
    word, window = _window(request)
    (volume,) = volumes(window, now=timezone.now(), name=name)
    recent = slowest(name)
    waiting = 0 if known else dict(unknown_types()).get(name, 0)
    if not (known or volume.ended or recent or waiting):
        raise Http404(f"There is no task type {name!r}.")
    is_offered = known is not None and not known.internal and allowed(request, "submit_task")
    context = {
        "name": name,
        "window": word,
        "windows": list(WINDOWS),
        "volume": volume,
        "is_known": known is not None,
        "waiting": waiting,
        "description": known.description if known else "",
        "defaults": defaults_of(known) if known else [],
        "percents": PERCENTS,
        "percentiles": percentile_rows(volume),
        "charts": [
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


def _queue_of(name: str) -> str | None:
    known = registry.find(name)
    return known.queue if known else None


def _window(request: HttpRequest) -> tuple[str, timedelta]:
    given = request.GET.get("window", "")
    word = given if given in WINDOWS else next(iter(WINDOWS))
    return word, WINDOWS[word]

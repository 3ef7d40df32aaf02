"""The queues, and the page of each."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.access import allowed, page
from dashboard.charts import charts
from dashboard.fragments import shown
from jobs.selectors.latest import latest_failures
from jobs.selectors.queue_pages import queue_lines, queue_page

#: Failed tasks that a page lists.
MOST_FAILURES = 10


@require_safe
@page("view_task")
def queues(request: HttpRequest) -> HttpResponse:
    """Every queue: how much waits and runs, how fast it comes and goes, who pauses it."""
    lines = queue_lines()
    fullest = max((line.facts.pending + line.facts.running for line in lines), default=0)
    return shown(request, "queues", {"lines": lines, "fullest": fullest})


@require_safe
@page("view_task")
def queue(request: HttpRequest, name: str) -> HttpResponse:
    """One queue: its numbers, what waits and runs on it, what failed last."""
    found = queue_page(name)
    if found is None:
        raise Http404(f"There is no queue {name}.")
    context = {
        "page": found,
        "queue": found.facts,
        "more_waiting": max(0, found.facts.pending - len(found.waiting)),
        "more_running": max(0, found.facts.running - len(found.running)),
        "failures": latest_failures(queue=name, most=MOST_FAILURES),
        "shows_payload": allowed(request, "view_payload"),
        **charts(request, queue=name),
    }
    return shown(request, "queue", context)

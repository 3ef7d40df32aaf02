"""The overview: the whole queue on one page."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dashboard.access import allowed, page
from dashboard.charts import charts
from dashboard.fragments import is_fragment
from dashboard.snapshot import newest_lines, snapshot
from jobs.domain.periods import Period
from jobs.domain.states import State
from jobs.selectors.latest import due_next, latest_failures, running_now
from jobs.selectors.task_types import Volume, volumes
from jobs.services.submission import SubmitForm, empty_form

#: Tasks of each list, types of each list, and over what time types are judged.
MOST_TASKS = 8
MOST_TYPES = 5
TYPES_WINDOW = timedelta(hours=1)
SLOW_PERCENT = 95


@require_safe
@page("view_task")
def overview(request: HttpRequest) -> HttpResponse:
    """Status, numbers, queues, workers, the newest tasks, and a form to submit one."""
    if is_fragment(request):
        return render(request, "dashboard/overview_body.html", _moving(request))
    form = empty_form(request.GET.get("type", ""))
    return render(request, "dashboard/overview.html", overview_context(request, form))


@require_safe
@page("view_task")
def rows(request: HttpRequest) -> HttpResponse:
    """The rows of the newest tasks alone."""
    return render(request, "dashboard/rows.html", {"lines": newest_lines(), **_verbs(request)})


@require_safe
@page("view_task")
def live(request: HttpRequest) -> HttpResponse:
    """What the sockets tell, for pages that cannot have one."""
    return JsonResponse({"stats": snapshot(), "tasks": newest_lines()})


def overview_context(request: HttpRequest, form: SubmitForm) -> dict[str, Any]:
    """What the overview shows, with this form."""
    return {
        "stats": snapshot(),
        "lines": newest_lines(),
        "states": list(State),
        "form": form,
        **_verbs(request),
        **_moving(request),
    }


def _moving(request: HttpRequest) -> dict[str, Any]:
    """What no socket tells: the charts, and a few tasks and types that matter now."""
    types = volumes(TYPES_WINDOW, now=timezone.now(), period=Period.QUARTER)
    return {
        **charts(request),
        "slowest": sorted(filter(_has_run, types), key=_slowness, reverse=True)[:MOST_TYPES],
        "failing": sorted(filter(_has_failed, types), key=_failures, reverse=True)[:MOST_TYPES],
        "running": running_now(most=MOST_TASKS),
        "failures": latest_failures(most=MOST_TASKS),
        "due": due_next(most=MOST_TASKS),
        "shows_payload": allowed(request, "view_payload"),
    }


def _has_run(volume: Volume) -> bool:
    return volume.run_seconds(SLOW_PERCENT) is not None


def _slowness(volume: Volume) -> float:
    return volume.run_seconds(SLOW_PERCENT) or 0.0


def _has_failed(volume: Volume) -> bool:
    return volume.failed > 0


def _failures(volume: Volume) -> int:
    return volume.failed


def _verbs(request: HttpRequest) -> dict[str, bool]:
    verbs = ("submit_task", "cancel_task", "requeue_task")
    return {f"may_{verb.removesuffix('_task')}": allowed(request, verb) for verb in verbs}

"""The overview: the whole queue on one page."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard.access import allowed, page
from dashboard.snapshot import newest_lines, snapshot
from jobs.domain.states import State
from jobs.services.submission import SubmitForm, empty_form


@require_safe
@page("view_task")
def overview(request: HttpRequest) -> HttpResponse:
    """Status, numbers, queues, workers, the newest tasks, and a form to submit one."""
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
    }


def _verbs(request: HttpRequest) -> dict[str, bool]:
    verbs = ("submit_task", "cancel_task", "requeue_task")
    return {f"may_{verb.removesuffix('_task')}": allowed(request, verb) for verb in verbs}

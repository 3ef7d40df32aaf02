"""The overview: the whole queue on one page."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from dashboard.access import allowed, page
from dashboard.fragments import is_fragment
from dashboard.snapshot import newest_lines, snapshot
from jobs.api.authentication import actor_of
from jobs.domain.states import State
from jobs.models import Task
from jobs.services.submission import SubmitForm, empty_form, submit


@require_safe
@page("view_task")
def overview(request: HttpRequest) -> HttpResponse:
    """Status, numbers, queues, workers, the newest tasks, and a form to submit one."""
    form = empty_form(request.GET.get("type", ""))
    return render(request, "dashboard/overview.html", _overview(request, form))


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


@require_http_methods(["GET", "HEAD", "POST"])
@page("submit_task")
def submission(request: HttpRequest) -> HttpResponse:
    """The form of one task type; POST submits it."""
    if request.method != "POST":
        form = empty_form(request.GET.get("type", ""))
        return _form(request, form) if is_fragment(request) else redirect(_home(form))
    form = submit(request.POST.dict(), actor=actor_of(request))
    if form.task is None:
        return _form(request, form, status=400) if is_fragment(request) else _again(request, form)
    if is_fragment(request):
        return _form(request, empty_form(form.task.name), done=form.task)
    messages.success(request, f"{form.task.name} was submitted.", extra_tags=str(form.task.pk))
    return redirect(_home(form))


def _form(
    request: HttpRequest, form: SubmitForm, *, done: Task | None = None, status: int = 200
) -> HttpResponse:
    context = {"form": form, "done": done}
    return render(request, "dashboard/submit.html", context, status=status)


def _again(request: HttpRequest, form: SubmitForm) -> HttpResponse:
    if not allowed(request, "view_task"):
        return render(request, "dashboard/submit_page.html", {"form": form}, status=400)
    return render(request, "dashboard/overview.html", _overview(request, form), status=400)


def _home(form: SubmitForm) -> str:
    chosen = f"?type={form.name}" if form.name else ""
    return f"{reverse('dashboard:overview')}{chosen}#submit"


def _overview(request: HttpRequest, form: SubmitForm) -> dict[str, Any]:
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

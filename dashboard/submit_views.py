"""The form that submits a task: on a page of its own, and as a part of the overview."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from dashboard.access import allowed, page
from dashboard.fragments import is_fragment
from dashboard.views import overview_context
from jobs.api.authentication import actor_of
from jobs.models import Task
from jobs.services.submission import SubmitForm, empty_form, example_form, submit


@require_http_methods(["GET", "HEAD", "POST"])
@page("submit_task")
def submission(request: HttpRequest) -> HttpResponse:
    """The form of one task type, empty or with an example; POST submits it."""
    if request.method != "POST":
        name = request.GET.get("type", "")
        return _shown(request, example_form(name) if "example" in request.GET else empty_form(name))
    form = submit(request.POST.dict(), actor=actor_of(request))
    if form.task is None:
        return _shown(request, form, status=400)
    if is_fragment(request):
        return _shown(request, empty_form(form.task.name), done=form.task)
    messages.success(request, f"{form.task.name} was submitted.", extra_tags=str(form.task.pk))
    home = reverse("dashboard:overview" if _is_from_overview(request) else "dashboard:submit")
    return redirect(f"{home}?{urlencode({'type': form.name})}#submit")


def _shown(
    request: HttpRequest, form: SubmitForm, *, done: Task | None = None, status: int = 200
) -> HttpResponse:
    context = {"form": form, "done": done}
    if is_fragment(request):
        return render(request, "dashboard/submit.html", context, status=status)
    if _is_from_overview(request):
        context |= overview_context(request, form)
        return render(request, "dashboard/overview.html", context, status=status)
    return render(request, "dashboard/submit_page.html", context, status=status)


def _is_from_overview(request: HttpRequest) -> bool:
    """Whether the form that was sent stands on the overview, which its sender may see."""
    return "overview" in request.POST and allowed(request, "view_task")

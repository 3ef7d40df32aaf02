"""Task types: how each does, the page of one, and a form that runs it."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from jobs.admin.columns import list_url
from jobs.admin.display import seen
from jobs.admin.page_admin import PageAdmin
from jobs.admin.pausing import MOST_MINUTES, PAUSE_PERMISSION, button, until_of
from jobs.admin.type_looks import defaults_of, durations, percentile_rows
from jobs.admin.verbs import MOST_REASON, may, reason_of
from jobs.domain.registry import TaskType, registry
from jobs.domain.states import State
from jobs.models import TaskTypes
from jobs.selectors.pauses import PauseFacts, paused_at, pauses_of_type
from jobs.selectors.task_types import WINDOWS, slowest, unknown_types, volumes, window_of
from jobs.services.pause import pause_type, resume_type
from jobs.services.submission import SubmitForm, empty_form, submit

PERMISSION = "jobs.submit_task"


@admin.register(TaskTypes)
class TaskTypeAdmin(PageAdmin):
    """The list of types, and a page for each."""

    page_template = "admin/jobs/tasktypes/list.html"

    def get_urls(self) -> list[URLPattern]:
        """The page of a type beside the list, and its two buttons."""
        view = require_http_methods(["GET", "HEAD", "POST"])(self.type_view)
        pausing = button(self.admin_site, _pause, back=_back)
        resuming = button(self.admin_site, _resume, back=_back)
        return [
            *super().get_urls(),
            path("type/<str:name>/pause/", pausing, name="jobs_tasktypes_pause"),
            path("type/<str:name>/resume/", resuming, name="jobs_tasktypes_resume"),
            path("type/<path:name>/", self.admin_site.admin_view(view), name="jobs_tasktypes_type"),
        ]

    def page_context(self, request: HttpRequest) -> dict[str, Any]:
        """Every type with its numbers of a window."""
        word, window = window_of(request.GET.get("window", ""))
        now = timezone.now()
        paused = paused_at(now).types
        return {
            "title": _("Task types"),
            "window": word,
            "windows": list(WINDOWS),
            "types": [
                (each, registry.find(each.name), type_url(each.name), paused.get(each.name))
                for each in volumes(window, now=now)
            ],
            "unknown": [(name, count, list_url(name=name)) for name, count in unknown_types()],
        }

    def type_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """One type; POST runs it, for those who may submit."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        name = unquote(name)
        task_type = None if "\0" in name else registry.find(name)
        if request.method != "POST":
            form = empty_form(task_type.name) if task_type and not task_type.internal else None
            return self._shown(request, name, task_type, form)
        if not may(request.user, PERMISSION):
            raise PermissionDenied
        if task_type is None or task_type.internal:
            raise Http404
        typed = request.POST.dict() | {"type": task_type.name}
        form = submit(typed, actor=request.user.get_username())
        if form.task is None:
            return self._shown(request, name, task_type, form, status=400)
        messages.success(request, _("It was submitted, and is here."))
        return HttpResponseRedirect(reverse("admin:jobs_task_change", args=[form.task.pk]))

    def _shown(
        self,
        request: HttpRequest,
        name: str,
        task_type: TaskType[..., Any] | None,
        form: SubmitForm | None,
        *,
        status: int = 200,
    ) -> HttpResponse:
        word, window = window_of(request.GET.get("window", ""))
        if "\0" in name:
            raise Http404
        (volume,) = volumes(window, now=timezone.now(), name=name)
        recent = slowest(name)
        standing = _standing(request, name)
        if task_type is None and not (volume.ended or recent or standing["pauses"]):
            raise Http404
        context = {
            "title": seen(name),
            "parents": [(reverse("admin:jobs_tasktypes_changelist"), gettext_lazy("Task types"))],
            "window": word,
            "windows": list(WINDOWS),
            "volume": volume,
            "is_known": task_type is not None,
            "description": task_type.description if task_type else "",
            "facts": defaults_of(task_type) if task_type else [],
            "percentiles": percentile_rows(volume),
            "charts": [
                (_("Runs"), "runs", durations(volume.runs, _("Runs by how long they took"))),
                (_("Waits"), "waits", durations(volume.waits, _("Waits by how long they took"))),
            ],
            "slowest": recent,
            "failed_url": list_url(name=name, state=State.FAILURE),
            "tasks_url": list_url(name=name),
            "form": form if may(request.user, PERMISSION) else None,
            **standing,
        }
        return self.shown(request, "admin/jobs/tasktypes/type.html", context, status=status)


def type_url(name: str) -> str:
    """The address of a type's page."""
    return reverse("admin:jobs_tasktypes_type", args=[quote(name)])


def _standing(request: HttpRequest, name: str) -> dict[str, Any]:
    """Who paused it and why, its latest pauses, and what its buttons need."""
    now = timezone.now()
    pauses = pauses_of_type(name)
    holds = next((each for each in pauses if each.holds(now)), None)
    known_or_paused = holds is not None or registry.find(name) is not None
    return {
        "name": name,
        "pauses": pauses,
        "pause": PauseFacts.of(holds).words(now=now) if holds else "",
        "may_pause": may(request.user, PAUSE_PERMISSION) and known_or_paused,
        "pause_url": reverse("admin:jobs_tasktypes_pause", args=[quote(name)]),
        "resume_url": reverse("admin:jobs_tasktypes_resume", args=[quote(name)]),
        "most_reason": MOST_REASON,
        "most_minutes": MOST_MINUTES,
    }


def _pause(request: HttpRequest, quoted: str) -> str:
    held = pause_type(
        name=unquote(quoted),
        actor=request.user.get_username(),
        reason=reason_of(request),
        until=until_of(request),
    )
    told = _("Task type %(name)s is paused: none of its tasks begins any more, what runs goes on.")
    return told % {"name": held.name}


def _resume(request: HttpRequest, quoted: str) -> str:
    name = unquote(quoted)
    ended = resume_type(name=name, actor=request.user.get_username(), reason=reason_of(request))
    if ended:
        return _("Task type %(name)s is served again.") % {"name": name}
    return _("Task type %(name)s was not paused.") % {"name": name}


def _back(_request: HttpRequest, quoted: str) -> str:
    return type_url(unquote(quoted))

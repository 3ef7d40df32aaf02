"""What of a task has a page of its own: two attempts side by side, whole texts, the raw row."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from jobs.admin.attempts import TEXTS, difference, facts_of
from jobs.admin.display import pretty, seen
from jobs.admin.door import OperatorsAdmin
from jobs.admin.verbs import may
from jobs.exceptions import TaskNotFound
from jobs.models import Attempt, Task
from jobs.selectors.facts import redacted, whole_facts, without_payload
from jobs.store.whole import read_whole


class TaskReading(OperatorsAdmin[Task]):
    """Nothing here writes; each page asks who may see what it shows."""

    def reading_urls(self) -> list[URLPattern]:
        """The pages beside a task's own."""
        views: dict[str, tuple[str, Callable[..., HttpResponse]]] = {
            "<uuid:task_id>/compare/": ("compare", self.compare_view),
            "<uuid:task_id>/raw/": ("raw", self.raw_view),
            "<uuid:task_id>/text/<slug:part>/": ("text", self.text_view),
            "<uuid:task_id>/attempts/<int:number>/<slug:part>/": (
                "attempt_text",
                self.attempt_view,
            ),
        }
        return [
            path(route, self.admin_site.admin_view(require_safe(view)), name=f"jobs_task_{name}")
            for route, (name, view) in views.items()
        ]

    def compare_view(self, request: HttpRequest, task_id: UUID) -> HttpResponse:
        """Two attempts, asked for as `first` and `second`, side by side."""
        task = self._task(request, task_id)
        attempts = _chosen(task, request)
        if attempts is None:
            words = _("Choose two different attempts of this task to compare.")
            self.message_user(request, words, messages.ERROR)
            return HttpResponseRedirect(reverse("admin:jobs_task_change", args=[task_id]))
        shows_payload = may(request.user, "jobs.view_payload")
        texts = [("traceback", _("Traceback")), ("log", _("Log"))] if shows_payload else []
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": seen(task.name),
            "opts": self.opts,
            "task": task,
            "attempts": attempts,
            "facts": facts_of(*attempts, shows_payload=shows_payload),
            "differences": [
                (words, difference(*(getattr(each, name) for each in attempts)))
                for name, words in texts
            ],
            "shows_payload": shows_payload,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/jobs/task/compare.html", context)

    def raw_view(self, request: HttpRequest, task_id: UUID) -> HttpResponse:
        """The task as the API gives it."""
        self._may_view(request)
        try:
            facts = whole_facts(read_whole(task_id))
        except TaskNotFound as error:
            raise Http404(str(error)) from None
        if not may(request.user, "jobs.view_payload"):
            facts = without_payload(facts)
        return _plain(pretty(facts), "application/json")

    def text_view(self, request: HttpRequest, task_id: UUID, part: str) -> HttpResponse:
        """The arguments or the result as JSON text, or the error, whole."""
        task = self._task(request, task_id, payload=True)
        match part:
            case "arguments":
                given = [*task.args, task.kwargs] if task.args else task.kwargs
                return _plain(pretty(redacted(given)))
            case "result":
                return _plain(pretty(redacted(task.result)))
            case "error":
                return _plain(seen(redacted(task.error)))
        raise Http404

    def attempt_view(
        self, request: HttpRequest, task_id: UUID, number: int, part: str
    ) -> HttpResponse:
        """The error, traceback or log of one attempt, whole."""
        self._task(request, task_id, payload=True)
        rows = Attempt.objects.filter(task=task_id, number=min(number, 2**31 - 1))
        text = rows.values_list(part, flat=True).first() if part in TEXTS else None
        if text is None:
            raise Http404
        return _plain(seen(redacted(text)))

    def _task(self, request: HttpRequest, task_id: UUID, *, payload: bool = False) -> Task:
        self._may_view(request)
        if payload and not may(request.user, "jobs.view_payload"):
            raise PermissionDenied
        task = Task.objects.filter(pk=task_id).first()
        if task is None:
            raise Http404
        return task

    def _may_view(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


def _chosen(task: Task, request: HttpRequest) -> list[Attempt] | None:
    """The attempts that a query string names, in its order; None unless it names two."""
    numbers = [request.GET.get(name, "") for name in ("first", "second")]
    if not all(number.isascii() and number.isdecimal() and len(number) < 10 for number in numbers):
        return None
    wanted = [int(number) for number in numbers]
    found = {each.number: each for each in task.attempts.filter(number__in=wanted)}
    return [found[number] for number in wanted] if len(found) == len(wanted) else None


def _plain(text: str, kind: str = "text/plain") -> HttpResponse:
    """A text that no browser takes for a page."""
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    return HttpResponse(text, content_type=f"{kind}; charset=utf-8", headers=headers)

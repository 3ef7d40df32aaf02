"""One queue's own page, and the button that cancels what waits on it."""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from jobs.admin.background import begin
from jobs.admin.charts import Band, bars
from jobs.admin.columns import list_url
from jobs.admin.pausing import MOST_MINUTES, PAUSE_PERMISSION
from jobs.admin.verbs import CANCEL, MOST_REASON, may, reason_of
from jobs.broker.connection import queue_names
from jobs.domain.operations import Action
from jobs.domain.states import State
from jobs.models import Task
from jobs.selectors.pages import TaskFilter
from jobs.selectors.queue_pages import QueuePage, queue_page
from jobs.selectors.series import Minute


def queue_url(name: str) -> str:
    """The address of a queue's page."""
    return reverse("admin:jobs_queuepause_queue", args=[name])


def queue_urls(site: AdminSite) -> list[URLPattern]:
    """The page and the question before it is cleared."""

    def page(request: HttpRequest, name: str) -> HttpResponse:
        return _page(request, site, name)

    def clear(request: HttpRequest, name: str) -> HttpResponse:
        return _clear(request, site, name)

    return [
        path(
            "queue/<str:name>/", site.admin_view(require_safe(page)), name="jobs_queuepause_queue"
        ),
        path(
            "queue/<str:name>/clear/",
            site.admin_view(require_http_methods(["GET", "HEAD", "POST"])(clear)),
            name="jobs_queuepause_clear",
        ),
    ]


def _page(request: HttpRequest, site: AdminSite, name: str) -> HttpResponse:
    if not may(request.user, "jobs.view_task"):
        raise PermissionDenied
    page = queue_page(name)
    if page is None:
        raise Http404
    request.current_app = site.name
    return TemplateResponse(
        request,
        "admin/jobs/queuepause/queue.html",
        {
            **site.each_context(request),
            "title": format_lazy(gettext_lazy("Queue {}"), name),
            "page": page,
            "queue": page.facts,
            "pause": page.facts.paused.words(now=timezone.now()) if page.facts.paused else "",
            "chart": chart(page.minutes),
            "may_pause": may(request.user, PAUSE_PERMISSION),
            "may_clear": CANCEL.allowed_to(request),
            "waiting_url": list_url(queue=name, state=State.PENDING),
            "running_url": list_url(queue=name, state=State.STARTED),
            "parents": [(reverse("admin:jobs_queuepause_changelist"), gettext_lazy("Queues"))],
            "most_reason": MOST_REASON,
            "most_minutes": MOST_MINUTES,
            **_lengths(page),
        },
    )


def _lengths(page: QueuePage) -> dict[str, Any]:
    return {
        "more_waiting": max(0, page.facts.pending - len(page.waiting)),
        "more_running": max(0, page.facts.running - len(page.running)),
    }


def chart(minutes: Sequence[Minute]) -> SafeString | None:
    """What ended minute by minute, as bars; None where nothing did."""
    if not minutes:
        return None
    told = _("Attempts that ended in each of the last %(minutes)d minutes; the table has the same")
    return bars(
        [
            Band(_("succeeded"), "good", [each.succeeded for each in minutes]),
            Band(_("failed"), "bad", [each.failed for each in minutes]),
            Band(_("revoked"), "grey", [each.revoked for each in minutes]),
            Band(_("again"), "warn", [each.again for each in minutes]),
        ],
        told % {"minutes": len(minutes)},
    )


def _clear(request: HttpRequest, site: AdminSite, name: str) -> HttpResponse:
    if not (may(request.user, "jobs.view_task") and CANCEL.allowed_to(request)):
        raise PermissionDenied
    if name not in queue_names():
        raise Http404
    reason, error = reason_of(request), ""
    if request.method == "POST":
        error = _fault(request, name, reason)
        if not error:
            return _begin(request, name)
    count = Task.objects.pending().on_queue(name).count()
    lead = ngettext(
        "%(count)s task waits on queue %(name)s. Clearing cancels it.",
        "%(count)s tasks wait on queue %(name)s. Clearing cancels them.",
        count,
    )
    request.current_app = site.name
    context = {
        **site.each_context(request),
        "title": format_lazy(gettext_lazy("Clear queue {}"), name),
        "parents": [
            (reverse("admin:jobs_queuepause_changelist"), gettext_lazy("Queues")),
            (queue_url(name), name),
        ],
        "lead": lead % {"count": f"{count:,}", "name": name},
        "note": _(
            "Each ends REVOKED, in the background. What runs goes on; what is scheduled, blocked "
            "or waits for a retry stays; so does what is submitted after you confirm."
        ),
        "error": error,
        "is_possible": count > 0,
        "refusal": _("Nothing waits: there is nothing to clear."),
        "is_reason_wanted": True,
        "reason": reason,
        "typed": name,
        "button": format_lazy(gettext_lazy("Clear {}"), name),
        "danger": True,
        "most_reason": MOST_REASON,
        "back_url": queue_url(name),
    }
    status = 400 if error else 200
    return TemplateResponse(request, "admin/jobs/confirm.html", context, status=status)


def _fault(request: HttpRequest, name: str, reason: str) -> str:
    if request.POST.get("typed", "").strip() != name:
        return _("Nothing was cleared: the queue's name was not typed.")
    return "" if reason else _("Nothing was cleared: no reason was given.")


def _begin(request: HttpRequest, name: str) -> HttpResponse:
    said = _("Queue %(name)s is being cleared. This page tells how far it has come.")
    wanted = TaskFilter(states=frozenset({State.PENDING}), queue=name)
    return begin(request, Action.CANCEL, wanted, said=said % {"name": name})

"""Queues: how each stands, who paused which and why, and the buttons to do so."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jobs.admin.charts import sparkline
from jobs.admin.display import NOTHING, moment, outside
from jobs.admin.door import OperatorsAdmin
from jobs.admin.pausing import MOST_MINUTES, PAUSE_PERMISSION, button, until_of
from jobs.admin.queue_page import queue_url, queue_urls
from jobs.admin.verbs import MOST_REASON, may, reason_of
from jobs.models import QueuePause
from jobs.selectors.queue_pages import LINE_MINUTES, QueueLine, queue_lines
from jobs.services.pause import pause, resume


@admin.register(QueuePause)
class QueuePauseAdmin(OperatorsAdmin[QueuePause]):
    """The queues with their buttons, over the history of all pauses, which nobody edits."""

    list_display = ("queue", "paused_by", "why", "began", "to_end", "ended", "ended_why")
    list_display_links = None
    list_per_page = 50
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    change_list_template = "admin/jobs/queuepause/change_list.html"

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whoever may see tasks may see why they wait."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: QueuePause | None = None) -> bool:
        """As above."""
        return may(request.user, "jobs.view_task")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody by hand: the buttons do."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: QueuePause | None = None) -> bool:
        """Nobody: it is history."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: QueuePause | None = None) -> bool:
        """Nobody: it is history."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """The two buttons, beside the stock pages."""
        pausing = button(self.admin_site, _pause, back=_back)
        resuming = button(self.admin_site, _resume, back=_back)
        return [
            *queue_urls(self.admin_site),
            path("<str:name>/pause/", pausing, name="jobs_queuepause_pause"),
            path("<str:name>/resume/", resuming, name="jobs_queuepause_resume"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The queues and the history."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        now = timezone.now()
        lines = queue_lines()
        context = {
            "title": _("Queues and their pauses"),
            "lines": [(line.facts, _sparkline(line)) for line in lines],
            "queues": [
                (line.facts, line.facts.paused.words(now=now) if line.facts.paused else "")
                for line in lines
            ],
            "may_pause": may(request.user, PAUSE_PERMISSION),
            "most_reason": MOST_REASON,
            "most_minutes": MOST_MINUTES,
        }
        return super().changelist_view(request, context | (extra_context or {}))

    @admin.display(description=gettext_lazy("paused by"))
    def paused_by(self, each: QueuePause) -> str:
        """Who."""
        return outside(each.actor, 40) if each.actor else NOTHING

    @admin.display(description=gettext_lazy("reason"))
    def why(self, each: QueuePause) -> str:
        """Why."""
        return outside(each.reason, 120)

    @admin.display(description=gettext_lazy("since"))
    def began(self, each: QueuePause) -> str:
        """When it began."""
        return moment(each.since)

    @admin.display(description=gettext_lazy("until"))
    def to_end(self, each: QueuePause) -> str:
        """When it was to end by itself."""
        return moment(each.until) if each.until else NOTHING

    @admin.display(description=gettext_lazy("ended"))
    def ended(self, each: QueuePause) -> str:
        """When and by whom it was ended, if it was."""
        if each.holds(timezone.now()):
            return "holds"
        at = each.ended_at or each.until
        by = outside(each.ended_by, 40) if each.ended_by else "by itself"
        return format_html("{} {}", moment(at), by)

    @admin.display(description=gettext_lazy("why it ended"))
    def ended_why(self, each: QueuePause) -> str:
        """What was said then."""
        return outside(each.ended_reason, 120) if each.ended_reason else NOTHING


def _sparkline(line: QueueLine) -> SafeString:
    told = _("Tasks that ended per minute, the last %(minutes)d minutes")
    values = [each.ended for each in line.minutes]
    return sparkline(values, told % {"minutes": LINE_MINUTES})


def _pause(request: HttpRequest, name: str) -> str:
    pause(
        queue=name,
        actor=request.user.get_username(),
        reason=reason_of(request),
        until=until_of(request),
    )
    return f"Queue {name} is paused: nothing of it begins any more, what runs goes on."


def _resume(request: HttpRequest, name: str) -> str:
    ended = resume(queue=name, actor=request.user.get_username(), reason=reason_of(request))
    return f"Queue {name} is served again." if ended else f"Queue {name} was not paused."


def _back(request: HttpRequest, name: str) -> str:
    """To where it was pressed."""
    if request.POST.get("from") == "queue":
        return queue_url(name)
    return reverse("admin:jobs_queuepause_changelist")

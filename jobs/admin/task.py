"""Tasks: a list that stays quick over millions of rows, and one page that tells all of a task."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
    JsonResponse,
)
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from jobs.admin.actions import ACTION_NAMES, ACTIONS
from jobs.admin.columns import (
    COLUMNS,
    FAILURE_COLUMN,
    LIVE_COLUMNS,
    PAYLOAD_COLUMNS,
    TaskColumns,
)
from jobs.admin.display import seen
from jobs.admin.filters import FILTERS
from jobs.admin.page import page_context
from jobs.admin.pages import MOST_COUNTED, MOST_NEW, TaskChangeList
from jobs.admin.reading import TaskReading
from jobs.admin.verb_page import verb_page
from jobs.admin.verbs import DUPLICATE, VERBS, may, reason_of, told
from jobs.domain.query import FIELDS
from jobs.models import Task
from jobs.selectors import stats

#: The only look-ups a query string may ask for. Any other would let those who may not see payloads
#: guess at them, or read millions of rows.
LOOKUPS = frozenset(str(each.parameter_name) for each in FILTERS)


@admin.register(Task)
class TaskAdmin(TaskColumns, TaskReading):
    """Read-only but for the verbs, each of which is one service call."""

    list_display = COLUMNS
    list_display_links = ("task_type",)
    list_filter = FILTERS
    list_per_page = 50
    list_select_related = False
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    search_fields = ("id", "name")
    search_help_text = format_lazy(
        _("A task id (or its first 8 characters and more), part of a task type, or conditions: {}"),
        " ".join(FIELDS.values()),
    )
    actions = ACTIONS
    fields = readonly_fields = ("name",)
    change_list_template = "admin/jobs/task/change_list.html"
    change_form_template = "admin/jobs/task/change_form.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: tasks come by submitting."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Task | None = None) -> bool:
        """Nobody: tasks change by verbs."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Task | None = None) -> bool:
        """Nobody: retention deletes."""
        return False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Those that this user may use."""
        offered = super().get_actions(request)
        return {
            name: action
            for name, action in offered.items()
            if name not in ACTION_NAMES or ACTION_NAMES[name].allowed_to(request)
        }

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[TaskChangeList]:
        """Pages by key."""
        return TaskChangeList

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Without payloads for those who may not see them; dead letters with their failure."""
        columns = (*COLUMNS, FAILURE_COLUMN) if request.GET.get("dead") == "open" else COLUMNS
        if may(request.user, "jobs.view_payload"):
            return columns
        return tuple(column for column in columns if column not in PAYLOAD_COLUMNS)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Task], search_term: str
    ) -> tuple[QuerySet[Task], bool]:
        """The list itself searches: it also knows the filters."""
        return queryset, False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what the filters and our own links ask for, and what a database can hold."""
        return lookup in LOOKUPS and "\0" not in value

    def get_urls(self) -> list[URLPattern]:
        """The live rows and the verbs, beside the stock pages."""
        wrap = self.admin_site.admin_view
        return [
            path("live/", wrap(self.live_view), name="jobs_task_live"),
            path(
                "<uuid:task_id>/do/<slug:word>/",
                wrap(self.verb_view),
                name="jobs_task_verb",
            ),
            *self.reading_urls(),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, or the action posted to it; an action without its permission is a 403."""
        for name in request.POST.getlist("action"):
            if name in ACTION_NAMES and not ACTION_NAMES[name].allowed_to(request):
                raise PermissionDenied
        context = (
            {"title": _("Tasks"), "jobs_stats": stats.stats(most_failed=MOST_COUNTED)}
            if request.method == "GET"
            else {}
        )
        return super().changelist_view(request, context | (extra_context or {}))

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Task], *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        """Ticked rows are meant whatever their state is by now; all matches go by the filters."""
        selected = request.POST.getlist(ACTION_CHECKBOX_NAME)
        try:
            [UUID(text) for text in selected]
        except ValueError:
            self.message_user(request, _("That is not a list of task ids."), messages.ERROR)
            return None
        if request.POST.get("select_across") != "1":
            queryset = self.get_queryset(request).filter(pk__in=selected)
        return super().response_action(request, queryset, *args, **kwargs)

    def action_checkbox(self, task: Task) -> SafeString:
        """The stock box, its label without what would garble a page."""
        return mark_safe(seen(super().action_checkbox(task)))  # noqa: S308 - stays as escaped

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Task | None = None,
    ) -> HttpResponse:
        """One task, all of it."""
        if obj is not None:
            context |= page_context(obj, request)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def live_view(self, request: HttpRequest) -> HttpResponse:
        """The cells of the rows that a list shows, as they are now, and how many are newer."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        changes = self.get_changelist_instance(request)
        columns = [name for name in self.get_list_display(request) if name in LIVE_COLUMNS]
        rows = {
            str(task.pk): {name: getattr(self, name)(task) for name in columns}
            for task in changes.result_list
        }
        more = "+" if changes.result_count > MOST_NEW else ""
        new = f"{min(changes.result_count, MOST_NEW)}{more}" if changes.result_count else ""
        return JsonResponse({"rows": rows, "new": new}, headers={"Cache-Control": "no-store"})

    def verb_view(self, request: HttpRequest, task_id: UUID, word: str) -> HttpResponse:
        """Do one verb to one task and go back to its page, which says what happened."""
        verb = VERBS.get(word)
        if verb is None:
            raise Http404
        if not verb.allowed_to(request):
            raise PermissionDenied
        if verb.asks or verb is DUPLICATE:
            return verb_page(self, request, task_id, verb)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        report = verb.service(
            task_ids=[task_id],
            actor=request.user.get_username(),
            reason=reason_of(request),
        )
        level = messages.SUCCESS if report.done_count else messages.WARNING
        self.message_user(request, told(verb, report), level)
        if report.missing:
            return HttpResponseRedirect(reverse("admin:jobs_task_changelist"))
        return HttpResponseRedirect(reverse("admin:jobs_task_change", args=[task_id]))

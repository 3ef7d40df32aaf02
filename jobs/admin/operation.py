"""Actions over many tasks: how far each has come, and the buttons to stop it or let it go on."""

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from jobs.admin.display import NOTHING, moment, outside
from jobs.admin.harmless import HarmlessAdmin
from jobs.admin.verbs import VERBS as TASK_VERBS
from jobs.admin.verbs import may
from jobs.domain.operations import OperationState
from jobs.exceptions import OperationNotFound, OperationRefused
from jobs.models import Operation
from jobs.services.operate import cancel_operation, pause_operation, resume_operation

#: Of who did what to one operation, the latest.
MOST_LINES = 5
#: The buttons that an operation has as it stands.
BUTTONS = {
    OperationState.RUNNING: ("pause", "cancel"),
    OperationState.PAUSED: ("resume", "cancel"),
    OperationState.FAILED: ("resume", "cancel"),
}


class OperationChangeList(ChangeList):
    """Each row with the buttons that its state and the viewer's permissions allow."""

    def get_results(self, request: HttpRequest) -> None:
        """Like the base class's."""
        super().get_results(request)
        self.result_list = list(self.result_list)
        for operation in self.result_list:
            allowed = TASK_VERBS[operation.action].allowed_to(request)
            operation.words = BUTTONS.get(operation.standing, ()) if allowed else ()


@admin.register(Operation)
class OperationAdmin(HarmlessAdmin[Operation]):
    """Read-only but for the three buttons, each of which is one service call."""

    list_display = (
        "what",
        "filters",
        "by",
        "stands",
        "progress",
        "done_count",
        "skipped_count",
        "failed_count",
        "began",
        "since",
        "buttons",
    )
    list_display_links = None
    list_per_page = 50
    list_select_related = ("task",)
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    change_list_template = "admin/jobs/operation/change_list.html"

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whoever may see tasks may see what becomes of many at once."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Operation | None = None) -> bool:
        """As above."""
        return may(request.user, "jobs.view_task")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Operation | None = None) -> bool:
        """Nobody by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Operation | None = None) -> bool:
        """Nobody: it is history."""
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[OperationChangeList]:
        """Rows with their buttons."""
        return OperationChangeList

    def get_urls(self) -> list[URLPattern]:
        """The buttons, beside the stock pages."""
        return [
            path(
                f"<uuid:operation_id>/{word}/",
                self.admin_site.admin_view(require_POST(partial(self._press, word=word))),
                name=f"jobs_operation_{word}",
            )
            for word in ("pause", "resume", "cancel")
        ] + super().get_urls()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list of operations."""
        title = {"title": "Actions over many tasks"}
        return super().changelist_view(request, title | (extra_context or {}))

    @admin.display(description="action")
    def what(self, operation: Operation) -> str:
        """The verb, and the reason that was given."""
        return format_html(
            '{}<span class="jobs-second">{}</span>',
            operation.get_action_display(),
            outside(operation.reason, 60),
        )

    @admin.display(description="tasks")
    def filters(self, operation: Operation) -> str:
        """The filter in words."""
        said = "; ".join(
            f"{name} {_value(value)}" for name, value in sorted(operation.filter.items())
        )
        return outside(said or "every task", 80)

    @admin.display(description="by")
    def by(self, operation: Operation) -> str:
        """Who began it."""
        return outside(operation.actor, 30) if operation.actor else NOTHING

    @admin.display(description="state")
    def stands(self, operation: Operation) -> str:
        """How it stands."""
        return operation.standing.value

    @admin.display(description="progress")
    def progress(self, operation: Operation) -> str:
        """How much of all."""
        if operation.percent is None:
            return "not counted yet"
        return f"{operation.percent:g} % of {operation.total_count or 0:,}"

    @admin.display(description="began")
    def began(self, operation: Operation) -> str:
        """When it was asked for."""
        return moment(operation.created_at)

    @admin.display(description="since")
    def since(self, operation: Operation) -> SafeString | str:
        """Who paused, resumed or cancelled it, a line each, the latest first."""
        lines = (
            (
                outside(f"{line['verb']} by {line['actor']}", 60),
                moment(datetime.fromisoformat(line["at"])),
                outside(line["reason"], 60),
            )
            for line in reversed(operation.history[-MOST_LINES:])
        )
        shown = format_html_join("", "<div>{}, {} {}</div>", lines)
        return shown or NOTHING

    @admin.display(description="")
    def buttons(self, operation: Any) -> SafeString:
        """Each posts the list's own form to another address, so that no script is needed."""
        addresses = (
            (reverse(f"admin:jobs_operation_{word}", args=[operation.pk]), word.capitalize())
            for word in operation.words
        )
        return format_html_join(
            " ",
            '<button type="submit" class="button jobs-button" formaction="{}">{}</button>',
            addresses,
        )

    def _press(self, request: HttpRequest, operation_id: UUID, *, word: str) -> HttpResponse:
        operation = Operation.objects.filter(pk=operation_id).first()
        if operation is None:
            raise Http404(str(OperationNotFound(operation_id=operation_id)))
        if not TASK_VERBS[operation.action].allowed_to(request):
            raise PermissionDenied
        try:
            messages.success(request, _done(operation, word, actor=request.user.get_username()))
        except OperationRefused as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:jobs_operation_changelist"))


def _done(operation: Operation, word: str, *, actor: str) -> str:
    if word == "resume":
        resume_operation(operation_id=operation.pk, actor=actor)
        return "It goes on from where it stands."
    if word == "pause":
        pause_operation(operation_id=operation.pk, actor=actor)
        return "It is paused; what it has done stays done."
    cancel_operation(operation_id=operation.pk, actor=actor)
    return "It is cancelled; what it has done stays done."


def _value(value: object) -> str:
    return f"({len(value)})" if isinstance(value, list) else str(value)

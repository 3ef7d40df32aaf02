"""Actions over many tasks: how far each has come, and the buttons to stop it or let it go on."""

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from jobs.admin.audit import audit_link
from jobs.admin.display import NOTHING, moment, outside
from jobs.admin.door import OperatorsAdmin
from jobs.admin.operation_buttons import WORDS, buttons_of, undo_words
from jobs.admin.operation_page import filter_words, operation_context, report_file
from jobs.admin.verbs import VERBS as VERB_OF
from jobs.admin.verbs import may, reason_of
from jobs.exceptions import OperationNotFound, OperationRefused
from jobs.models import Operation
from jobs.services.operate import (
    cancel_operation,
    is_undoable,
    pause_operation,
    resume_operation,
    undo_operation,
)


class OperationChangeList(ChangeList):
    """Each row with the buttons that its state and the viewer's permissions allow."""

    def get_results(self, request: HttpRequest) -> None:
        """Like the base class's."""
        super().get_results(request)
        self.result_list = list(self.result_list)
        for operation in self.result_list:
            operation.buttons = buttons_of(operation, request)
            operation.words = filter_words(operation, request)
            operation.audit = audit_link(request, "operation", operation.pk)


@admin.register(Operation)
class OperationAdmin(OperatorsAdmin[Operation]):
    """Read-only but for the three buttons, each of which is one service call."""

    list_display = (
        "what",
        "filters",
        "by",
        "stands",
        "progress",
        "began",
        "since",
        "buttons",
    )
    list_display_links = ("what",)
    list_per_page = 50
    list_select_related = ("task",)
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    fields = readonly_fields = ("action",)
    change_list_template = "admin/jobs/operation/change_list.html"
    change_form_template = "admin/jobs/operation/change_form.html"

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
        """The buttons and the report, beside the stock pages."""
        wrap = self.admin_site.admin_view
        return [
            path(
                f"<uuid:operation_id>/{word}/",
                wrap(require_POST(partial(self._press, word=word))),
                name=f"jobs_operation_{word}",
            )
            for word in WORDS
        ] + [
            path(
                "<uuid:operation_id>/report.csv",
                wrap(self.report_view),
                name="jobs_operation_report",
            ),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list of operations."""
        title = {"title": gettext_lazy("Actions over many tasks")}
        return super().changelist_view(request, title | (extra_context or {}))

    @admin.display(description=gettext_lazy("action"))
    def what(self, operation: Operation) -> str:
        """The verb, and the reason that was given."""
        return format_html(
            '{}<span class="jobs-second">{}</span>',
            operation.get_action_display(),
            outside(operation.reason, 60),
        )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Operation]:
        """With the task that works on each."""
        return super().get_queryset(request).select_related("task")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One operation, all of it."""
        operation = self.get_object(request, unquote(object_id))
        context: dict[str, Any] = {}
        if operation is not None and self.has_view_permission(request):
            context = operation_context(operation, request)
            context |= {
                "buttons": buttons_of(operation, request),
                "undo": undo_words(operation),
                "may_undo": VERB_OF[operation.action].allowed_to(request)
                and is_undoable(operation),
                "undo_count": operation.done_count,
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def report_view(self, request: HttpRequest, operation_id: UUID) -> HttpResponseBase:
        """What became of each task, as a file."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        operation = Operation.objects.filter(pk=operation_id).first()
        if operation is None:
            raise Http404
        return report_file(operation)

    @admin.display(description=gettext_lazy("tasks"))
    def filters(self, operation: Any) -> str:
        """The filter in words."""
        return outside(operation.words or "every task", 80)

    @admin.display(description=gettext_lazy("by"))
    def by(self, operation: Any) -> str:
        """Who began it, and a link to what is kept of that."""
        who = outside(operation.actor, 30) if operation.actor else NOTHING
        return format_html('{}<span class="jobs-second">{}</span>', who, operation.audit)

    @admin.display(description=gettext_lazy("state"))
    def stands(self, operation: Operation) -> str:
        """How it stands."""
        return operation.standing.value

    @admin.display(description=gettext_lazy("progress"))
    def progress(self, operation: Operation) -> str:
        """How much of all."""
        if operation.percent is None:
            return "not counted yet"
        counts = _("%(done)s done, %(skipped)s left alone, %(failed)s failed") % {
            "done": f"{operation.done_count:,}",
            "skipped": f"{operation.skipped_count:,}",
            "failed": f"{operation.failed_count:,}",
        }
        return format_html(
            '{} % of {}<span class="jobs-second">{}</span>',
            f"{operation.percent:g}",
            f"{operation.total_count or 0:,}",
            counts,
        )

    @admin.display(description=gettext_lazy("began"))
    def began(self, operation: Operation) -> str:
        """When it was asked for."""
        return moment(operation.created_at)

    @admin.display(description=gettext_lazy("since"))
    def since(self, operation: Operation) -> SafeString | str:
        """Who paused, resumed or cancelled it last."""
        if not operation.history:
            return NOTHING
        return outside("{verb} by {actor}".format_map(operation.history[-1]), 60)

    @admin.display(description="")
    def buttons(self, operation: Any) -> SafeString:
        """Each posts the list's own form to another address, so that no script is needed."""
        return format_html_join(
            " ",
            '<button type="submit" class="button jobs-button" formaction="{}">{}</button>',
            operation.buttons,
        )

    def _press(self, request: HttpRequest, operation_id: UUID, *, word: str) -> HttpResponse:
        operation = Operation.objects.filter(pk=operation_id).first()
        if operation is None:
            raise Http404(str(OperationNotFound(operation_id=operation_id)))
        if not VERB_OF[operation.action].allowed_to(request):
            raise PermissionDenied
        try:
            actor = request.user.get_username()
            said, shown = _done(operation, word, actor=actor, reason=reason_of(request))
            messages.success(request, said)
            operation = shown
        except OperationRefused as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:jobs_operation_change", args=[operation.pk]))


def _done(operation: Operation, word: str, *, actor: str, reason: str) -> tuple[str, Operation]:
    """What to say, and the operation to look at."""
    verb, said = {
        "pause": (pause_operation, _("It is paused; what it has done stays done.")),
        "resume": (resume_operation, _("It goes on from where it stands.")),
        "cancel": (cancel_operation, _("It is cancelled; what it has done stays done.")),
        "undo": (undo_operation, _("This operation takes the other one back.")),
    }[word]
    return said, verb(operation_id=operation.pk, actor=actor, reason=reason)

"""What operators did: a page that nobody, whoever they are, can change anything on."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from jobs.admin.audit_form import AuditForm
from jobs.admin.display import outside
from jobs.admin.door import OperatorsAdmin
from jobs.admin.task_types import type_url
from jobs.admin.verbs import may
from jobs.domain.task_ids import read_id
from jobs.models import AuditEntry
from jobs.selectors.audit import audit_facts
from jobs.selectors.sheets import as_csv

PERMISSION = "jobs.view_audit"
PAGE = 50
#: The most rows of one export.
MOST_EXPORTED = 10_000


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a deed changed: as it was, if it was, and as it is since."""

    name: SafeString
    before: SafeString | None
    after: SafeString | None


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as the page shows it."""

    entry: AuditEntry
    subject_url: str
    wanted: SafeString | None
    changes: list[Change]


@admin.register(AuditEntry)
class AuditAdmin(OperatorsAdmin[AuditEntry]):
    """One page and its export; there is no other address."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Who may see it finds it on the index."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        """Who may see what others did."""
        return may(request.user, PERMISSION)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: deeds are."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        """Nobody: maintenance erases what is old."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """The page and its export."""
        view = self.admin_site.admin_view
        return [
            path("", view(require_safe(self.page)), name="jobs_auditentry_changelist"),
            path("export/", view(require_safe(self.export)), name="jobs_auditentry_export"),
        ]

    def page(self, request: HttpRequest) -> HttpResponse:
        """The newest entries, or those from a place on."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = AuditForm(request.GET)
        wanted = form.wanted()
        rows = AuditEntry.objects.none() if wanted is None else wanted.rows()
        before = read_id(request.GET.get("before", ""))
        found = list((rows if before is None else rows.filter(pk__lt=before))[: PAGE + 1])
        shown, more = found[:PAGE], len(found) > PAGE
        asked = {
            name: str(text) for name, text in request.GET.items() if name in form.fields and text
        }
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": _("Audit"),
            "opts": self.opts,
            "form": form,
            "lines": [_line(entry) for entry in shown],
            "is_narrowed": bool(asked),
            "first_url": f"?{urlencode(asked)}" if before is not None else "",
            "older_url": f"?{urlencode(asked | {'before': str(shown[-1].pk)})}" if more else "",
            "export_url": f"{reverse('admin:jobs_auditentry_export')}?{urlencode(asked)}",
            "most_exported": MOST_EXPORTED,
        }
        status = 400 if wanted is None else 200
        template = "admin/jobs/auditentry/change_list.html"
        return TemplateResponse(request, template, context, status=status)

    def export(self, request: HttpRequest) -> HttpResponse:
        """The same entries as CSV, the newest first."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        wanted = AuditForm(request.GET).wanted()
        if wanted is None:
            return self.page(request)
        facts = [audit_facts(entry) for entry in wanted.rows()[:MOST_EXPORTED]]
        names = list(audit_facts(AuditEntry()))
        lines: list[list[Any]] = [names, *([_cell(each[name]) for name in names] for each in facts)]
        return HttpResponse(
            b"".join(as_csv(lines)),
            content_type="text/csv; charset=utf-8",
            headers={
                "Content-Disposition": 'attachment; filename="audit.csv"',
                "Cache-Control": "no-store",
            },
        )


#: The kind of thing that something was done to -> the address of its page.
_PAGES = {
    "task": "jobs_task_change",
    "failure": "jobs_failure_change",
    "operation": "jobs_operation_change",
    "webhook": "jobs_webhook_change",
    "queue": "jobs_queuepause_queue",
}


def _line(entry: AuditEntry) -> Line:
    wanted = None if entry.filter is None else outside(_words(entry.filter), 160, "jobs-code")
    return Line(entry, _url(entry), wanted, list(_changes(entry.before, entry.after)))


def _url(entry: AuditEntry) -> str:
    """The page of what it was done to, where there is one."""
    if not entry.subject_id:
        return ""
    page = _PAGES.get(entry.subject)
    try:
        if entry.subject == "type":
            return type_url(entry.subject_id)
        return reverse(f"admin:{page}", args=[entry.subject_id]) if page else ""
    except NoReverseMatch:  # of an id that no address can hold
        return ""


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[Change]:
    for name in dict.fromkeys([*before, *after]):
        was = outside(_words(before[name]), 80) if name in before else None
        became = outside(_words(after[name]), 80) if name in after else None
        yield Change(outside(name.replace("_", " "), 40), was, became)


def _words(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_words(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(map(_words, value))
    return "-" if value is None else str(value)


def _cell(value: object) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value


def audit_link(request: HttpRequest, subject: str, subject_id: object) -> SafeString:
    """A link to what operators did to something, for those who may see it."""
    if not may(request.user, PERMISSION):
        return SafeString("")
    asked = urlencode({"subject": subject, "subject_id": str(subject_id)})
    url = f"{reverse('admin:jobs_auditentry_changelist')}?{asked}"
    return format_html('<a href="{}">{}</a>', url, _("Audit"))

"""Failures in groups: an inbox, and a page from which a whole group is understood and acted on."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST

from jobs.admin.actions import Share
from jobs.admin.background import begin
from jobs.admin.display import badge, seen
from jobs.admin.door import OperatorsAdmin
from jobs.admin.failure_list import FILTERS, FailureChangeList, FailureColumns, failure_url
from jobs.admin.failure_page import PERMISSION, page_context
from jobs.admin.verbs import MOST_REASON, VERBS, Verb, may, reason_of
from jobs.domain.fingerprint import FINGERPRINT
from jobs.domain.operations import Action
from jobs.domain.states import OPEN, State
from jobs.domain.triage import GIVES, Triage
from jobs.exceptions import FailureNotFound, InvalidOption
from jobs.models import Failure, Task
from jobs.selectors.failures import Group, one
from jobs.selectors.pages import TaskFilter
from jobs.selectors.pages import page as tasks_page
from jobs.services.advance import preview
from jobs.services.failures import assign, triage, write_note

SAMPLE = 10
#: What each verb is for on a group's tasks: those that stand failed, or those still tried.
_STATES = {
    "requeue": frozenset({State.FAILURE}),
    "discard": frozenset({State.FAILURE}),
    "cancel": OPEN,
}


@admin.register(Failure)
class FailureAdmin(FailureColumns, OperatorsAdmin[Failure]):
    """Nobody edits a group by hand: what is decided of it is a verb with a reason."""

    list_display = (
        "status_badge",
        "what",
        "often",
        "dead",
        "seen",
        "releases",
        "whose",
    )
    list_display_links = ("what",)
    list_filter = FILTERS
    list_per_page = 50
    sortable_by = ()
    search_fields = ("fingerprint", "name", "exception", "frame")
    search_help_text = gettext_lazy("Part of a task type, an exception or a function")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions = None
    fields = readonly_fields = ("name",)
    change_list_template = "admin/jobs/failure/change_list.html"
    change_form_template = "admin/jobs/failure/change_form.html"

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whoever may see tasks may see how they fail."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Failure | None = None) -> bool:
        """As above."""
        return may(request.user, "jobs.view_task")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody: workers count."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Failure | None = None) -> bool:
        """Nobody by hand."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Failure | None = None) -> bool:
        """Nobody."""
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[FailureChangeList]:
        """Pages by key."""
        return FailureChangeList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only what the filters ask for, and what a database can hold."""
        return lookup in {str(each.parameter_name) for each in FILTERS} and "\0" not in value

    def get_urls(self) -> list[URLPattern]:
        """What is decided and done, beside the stock pages."""
        wrap = self.admin_site.admin_view
        return [
            path(
                "<str:fingerprint>/decide/",
                wrap(require_POST(self.decide_view)),
                name="jobs_failure_decide",
            ),
            path("<str:fingerprint>/do/<slug:word>/", wrap(self.act_view), name="jobs_failure_act"),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The inbox."""
        return super().changelist_view(
            request, {"title": gettext("Failures")} | (extra_context or {})
        )

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One group, all of it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            **page_context(_group(unquote(object_id)), request),
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, self.change_form_template, context)

    def decide_view(self, request: HttpRequest, fingerprint: str) -> HttpResponse:
        """A status, an assignee or a note, as the button says, and back to the page."""
        if not may(request.user, PERMISSION):
            raise PermissionDenied
        _group(fingerprint)
        try:
            messages.success(request, _decide(request, fingerprint))
        except InvalidOption as error:
            messages.error(request, seen(str(error)))
        return HttpResponseRedirect(failure_url(fingerprint))

    def act_view(self, request: HttpRequest, fingerprint: str, word: str) -> HttpResponse:
        """First what would happen to the tasks of the group; then, confirmed, an operation."""
        if word not in _STATES:
            raise Http404
        verb = VERBS[word]
        if not (self.has_view_permission(request) and verb.allowed_to(request)):
            raise PermissionDenied
        group = _group(fingerprint)
        wanted = TaskFilter(failure=fingerprint, states=_STATES[word])
        if request.method != "POST" or request.POST.get("confirmed") != word:
            return self._confirm(request, group, verb, wanted)
        return begin(request, Action(word), wanted)

    def _confirm(
        self, request: HttpRequest, group: Group, verb: Verb, wanted: TaskFilter
    ) -> HttpResponse:
        found = preview(action=Action(verb.name), wanted=wanted)
        shares = [
            Share(
                badge=badge(state),
                discarded=False,
                count=count,
                effect=verb.effect_on(state, discarded=False),
            )
            for state, count in found.by_state.items()
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("%(verb)s tasks of a failure") % {"verb": verb.label},
            "opts": Task._meta,  # noqa: SLF001 - the page is about tasks
            "verb": verb,
            "shares": shares,
            "count": found.count,
            "done_count": found.allowed,
            "is_all": True,
            "is_small": False,
            "sample": tasks_page(wanted, limit=SAMPLE).tasks,
            "selected": (),
            "back_url": failure_url(group.failure.pk),
            "most_reason": MOST_REASON,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/jobs/task/confirm_action.html", context)


def _group(fingerprint: str) -> Group:
    if not FINGERPRINT.fullmatch(fingerprint):
        raise Http404
    try:
        return one(fingerprint)
    except FailureNotFound as error:
        raise Http404(str(error)) from error


def _decide(request: HttpRequest, fingerprint: str) -> str:
    """Do what the button says, and tell what was done."""
    actor, reason, word = request.user.get_username(), reason_of(request), request.POST.get("do")
    if word == "assign":
        name = request.POST.get("assignee", "").replace("\0", "")
        assign(fingerprint=fingerprint, assignee=name or None, actor=actor, reason=reason)
        return gettext("It is assigned.") if name else gettext("It is assigned to nobody.")
    if word == "note":
        note = request.POST.get("note", "").replace("\0", "").replace("\r\n", "\n").strip()
        write_note(fingerprint=fingerprint, note=note, actor=actor)
        return gettext("The note is kept.")
    if word not in set(Triage):
        raise Http404
    verb = Triage(word)
    triage(fingerprint=fingerprint, verb=verb, actor=actor, reason=reason)
    return gettext("It is %(status)s now.") % {"status": GIVES[verb].value}

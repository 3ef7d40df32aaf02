"""Workers: who lives, on what they work, and who has gone silent."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from jobs.admin.columns import list_url
from jobs.admin.display import NOTHING, icon, moment, outside, seen
from jobs.admin.door import OperatorsAdmin
from jobs.admin.telling import may_tell, possible, telling_urls
from jobs.admin.verbs import may
from jobs.domain.states import State
from jobs.domain.wording import duration
from jobs.models import WorkerLease
from jobs.selectors.workers import WorkerFacts, losses, workers

#: The word and drawing of each state of a worker.
_LOOKS = {
    "busy": (_("Busy"), "M5 3.2v9.6L12.8 8z"),
    "idle": (_("Idle"), "M3 8h.01M8 8h.01M13 8h.01"),
    "quiet": (_("Quiet"), "M5.5 3.5v9M10.5 3.5v9"),
    "stopping": (_("Stopping"), "M4 4h8v8H4z"),
    "lost": (_("Lost"), "M8 3v6M8 12.6h.01"),
}
#: Workers that were found dead, as far back as the list tells.
MOST_LOSSES = 20


class WorkerChangeList(ChangeList):
    """Each row with what is known of its worker, by two queries whatever their number."""

    def get_results(self, request: HttpRequest) -> None:
        """Like the base class's, the facts beside each lease."""
        super().get_results(request)
        facts = {each.name: each for each in workers(most_tasks=1)}
        self.result_list = list(self.result_list)
        for lease in self.result_list:
            lease.facts = facts[lease.name]


@admin.register(WorkerLease)
class WorkerAdmin(OperatorsAdmin[WorkerLease]):
    """Read-only: workers come and go by themselves."""

    list_display = (
        "worker",
        "worker_state",
        "where",
        "queue_list",
        "current_tasks",
        "memory",
        "heartbeat",
        "ended",
        "buttons",
    )
    sortable_by = ()
    show_full_result_count = False
    list_per_page = 200
    fields = readonly_fields = ("name",)
    change_list_template = "admin/jobs/workerlease/change_list.html"
    change_form_template = "admin/jobs/workerlease/change_form.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: WorkerLease | None = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: WorkerLease | None = None) -> bool:
        """Nobody: maintenance removes the leases of the dead."""
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[WorkerChangeList]:
        """Rows with their facts."""
        return WorkerChangeList

    def get_urls(self) -> list[URLPattern]:
        """What a worker can be told, beside the stock pages."""
        return [*telling_urls(self.admin_site), *super().get_urls()]

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Buttons for those who may press them."""
        columns = self.list_display
        return (
            columns if may_tell(request) else tuple(each for each in columns if each != "buttons")
        )

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> WorkerLease | None:
        """The lease, or None; no name holds what no database can."""
        return None if "\0" in object_id else super().get_object(request, object_id, from_field)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list of workers."""
        context: dict[str, Any] = {"title": _("Workers")}
        if self.has_view_permission(request):
            context["losses"] = losses(most=MOST_LOSSES)
        return super().changelist_view(request, context | (extra_context or {}))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One worker with the tasks it holds."""
        lease = self.get_object(request, unquote(object_id))
        facts = next((each for each in workers() if lease and each.name == lease.name), None)
        context: dict[str, Any] = {}
        if facts is not None:
            context = {
                "title": seen(facts.name),
                "subtitle": "",
                "badge": state_badge(facts.state),
                "worker": facts,
                "verbs": possible(facts.state) if may_tell(request) else (),
                "may_cancel": may(request.user, "jobs.cancel_task"),
                "tasks_url": list_url(state=State.STARTED, worker__exact=facts.name),
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    @admin.display(description=_("worker"))
    def worker(self, lease: WorkerLease) -> SafeString:
        """Its name."""
        return outside(lease.name, 40)

    @admin.display(description=_("state"))
    def worker_state(self, lease: WorkerLease) -> SafeString:
        """Idle, busy, quiet, stopping or lost; of the last three, who told it and why."""
        facts = _facts(lease)
        words = facts.instructed.words if facts.instructed else ""
        return format_html("{}{}", state_badge(facts.state), outside(words, 60, "jobs-second"))

    @admin.display(description=_("host, process"))
    def where(self, lease: WorkerLease) -> str:
        """Where it runs, and the release of its code."""
        process = f"{lease.pid}, {lease.release}" if lease.release else str(lease.pid)
        return format_html(
            "<div>{}{}</div>", outside(lease.host, 40), outside(process, 40, "jobs-second")
        )

    @admin.display(description=_("queues"))
    def queue_list(self, lease: WorkerLease) -> str:
        """In the order it serves them."""
        return seen(", ".join(lease.queues)) or NOTHING

    @admin.display(description=_("tasks now"))
    def current_tasks(self, lease: WorkerLease) -> str:
        """How many it holds of how many it can, linked to the list of them."""
        held = _facts(lease).held_count
        if not held:
            return format_html("0 of {}", lease.concurrency)
        url = list_url(state=State.STARTED, worker__exact=lease.name)
        return format_html('<a href="{}">{} of {}</a>', url, held, lease.concurrency)

    @admin.display(description=_("memory"))
    def memory(self, lease: WorkerLease) -> str:
        """Of all its processes, as of the last heartbeat."""
        return NOTHING if lease.memory_mb is None else f"{lease.memory_mb:,.0f} MiB"

    @admin.display(description=_("tell it"))
    def buttons(self, lease: WorkerLease) -> SafeString:
        """Links to the questions, each of which changes nothing yet."""
        verbs = possible(_facts(lease).state)
        links = format_html_join(
            " ",
            '<a class="jobs-act" href="{}">{}<span class="visually-hidden"> {}</span></a>',
            ((verb.url(lease.name), verb.label, seen(lease.name)) for verb in verbs),
        )
        return format_html("<div>{}</div>", links)

    @admin.display(description=_("heartbeat, start"))
    def heartbeat(self, lease: WorkerLease) -> str:
        """How long ago it renewed its lease, and when it began."""
        return format_html(
            '<div>{}<span class="jobs-second">{}</span></div>',
            _("%(time)s ago") % {"time": duration(_facts(lease).heartbeat_age_seconds)},
            moment(lease.started_at),
        )

    @admin.display(description=_("done / failed"))
    def ended(self, lease: WorkerLease) -> str:
        """Attempts that ended well, and badly."""
        return f"{lease.succeeded_count:,} / {lease.failed_count:,}"


def state_badge(state: str) -> SafeString:
    """Icon, word and colour of a worker's state."""
    word, path = _LOOKS[state]
    return format_html('<span class="jobs-badge jobs-{}">{}{}</span>', state, icon(path), word)


def _facts(lease: Any) -> WorkerFacts:
    facts: WorkerFacts = lease.facts
    return facts

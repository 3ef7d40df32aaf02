"""Workers: who lives, on what they work, and who has gone silent."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from jobs.admin.columns import list_url
from jobs.admin.display import NOTHING, icon, moment, outside, seen
from jobs.admin.harmless import HarmlessAdmin
from jobs.domain.states import State
from jobs.domain.wording import duration
from jobs.models import WorkerLease
from jobs.selectors.workers import WorkerFacts, workers

#: The word and drawing of each state of a worker.
_LOOKS = {
    "busy": ("Busy", "M5 3.2v9.6L12.8 8z"),
    "idle": ("Idle", "M3 8h.01M8 8h.01M13 8h.01"),
    "lost": ("Lost", "M8 3v6M8 12.6h.01"),
}


class WorkerChangeList(ChangeList):
    """Each row with what is known of its worker, by two queries whatever their number."""

    def get_results(self, request: HttpRequest) -> None:
        """Like the base class's, the facts beside each lease."""
        super().get_results(request)
        facts = {each.name: each for each in workers()}
        self.result_list = list(self.result_list)
        for lease in self.result_list:
            lease.facts = facts[lease.name]


@admin.register(WorkerLease)
class WorkerAdmin(HarmlessAdmin[WorkerLease]):
    """Read-only: workers come and go by themselves."""

    list_display = (
        "worker",
        "worker_state",
        "on_host",
        "pid",
        "queue_list",
        "current_tasks",
        "heartbeat",
        "succeeded",
        "failed",
        "started",
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

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> WorkerLease | None:
        """The lease, or None; no name holds what no database can."""
        return None if "\0" in object_id else super().get_object(request, object_id, from_field)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list of workers."""
        return super().changelist_view(request, {"title": "Workers"} | (extra_context or {}))

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
                "tasks_url": list_url(state=State.STARTED, worker__exact=facts.name),
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    @admin.display(description="worker")
    def worker(self, lease: WorkerLease) -> SafeString:
        """Its name."""
        return outside(lease.name, 40)

    @admin.display(description="state")
    def worker_state(self, lease: WorkerLease) -> SafeString:
        """Idle, busy or lost."""
        return state_badge(_facts(lease).state)

    @admin.display(description="host")
    def on_host(self, lease: WorkerLease) -> str:
        """Where it runs."""
        return outside(lease.host, 40)

    @admin.display(description="queues")
    def queue_list(self, lease: WorkerLease) -> str:
        """In the order it serves them."""
        return seen(", ".join(lease.queues)) or NOTHING

    @admin.display(description="tasks now")
    def current_tasks(self, lease: WorkerLease) -> str:
        """How many it holds of how many it can, linked to the list of them."""
        held = len(_facts(lease).current_tasks)
        if not held:
            return format_html("0 of {}", lease.concurrency)
        url = list_url(state=State.STARTED, worker__exact=lease.name)
        return format_html('<a href="{}">{} of {}</a>', url, held, lease.concurrency)

    @admin.display(description="heartbeat")
    def heartbeat(self, lease: WorkerLease) -> str:
        """How long ago it renewed its lease."""
        return format_html("{} ago", duration(_facts(lease).heartbeat_age_seconds))

    @admin.display(description="succeeded")
    def succeeded(self, lease: WorkerLease) -> str:
        """Attempts it ended well."""
        return f"{lease.succeeded_count:,}"

    @admin.display(description="failed")
    def failed(self, lease: WorkerLease) -> str:
        """Attempts it ended badly."""
        return f"{lease.failed_count:,}"

    @admin.display(description="started")
    def started(self, lease: WorkerLease) -> str:
        """In the viewer's zone, where there is a script to turn it."""
        return moment(lease.started_at)


def state_badge(state: str) -> SafeString:
    """Icon, word and colour of a worker's state."""
    word, path = _LOOKS[state]
    return format_html('<span class="jobs-badge jobs-{}">{}{}</span>', state, icon(path), word)


def _facts(lease: Any) -> WorkerFacts:
    facts: WorkerFacts = lease.facts
    return facts

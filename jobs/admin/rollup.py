"""Counts per minute of the last day: what ended, and how long it waited and ran."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from jobs.admin.display import NOTHING, moment, outside
from jobs.admin.door import OperatorsAdmin
from jobs.domain.histogram import percentile
from jobs.domain.periods import Period
from jobs.domain.wording import duration
from jobs.models import Rollup
from jobs.models.rollup import EACH

#: Older minutes are for charts, not for reading line by line.
SHOWN = timedelta(days=1)


@admin.register(Rollup)
class RollupAdmin(OperatorsAdmin[Rollup]):
    """Read-only: the workers count."""

    list_display = (
        "minute",
        "queue",
        "task_type",
        "succeeded",
        "retried",
        "failed",
        "revoked",
        "snoozed",
        "timed_out",
        "worker_died",
        "median_wait",
        "most_waited",
        "median_run",
        "most_ran",
    )
    list_display_links = None
    change_list_template = "admin/jobs/rollup/change_list.html"
    ordering = ("-at", "queue", "name")
    sortable_by = ()
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Rollup | None = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Rollup | None = None) -> bool:
        """Nobody."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rollup]:
        """The last day."""
        rows = Rollup.objects.counted(
            Period.MINUTE, since=timezone.now() - SHOWN, queue=EACH, name=EACH
        )
        return rows.order_by(*self.ordering)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list of minutes."""
        title = {"title": gettext_lazy("Counts per minute, the last day")}
        return super().changelist_view(request, title | (extra_context or {}))

    @admin.display(description=gettext_lazy("minute"))
    def minute(self, rollup: Rollup) -> str:
        """The minute's beginning."""
        return moment(rollup.at)

    @admin.display(description=gettext_lazy("task type"))
    def task_type(self, rollup: Rollup) -> str:
        """The type's name."""
        return outside(rollup.name, 60)

    @admin.display(description=gettext_lazy("median wait"))
    def median_wait(self, rollup: Rollup) -> str:
        """Half of the attempts that ended in this minute had waited no longer."""
        return _percentile(rollup.wait_histogram, 50)

    @admin.display(description=gettext_lazy("95 % waited"))
    def most_waited(self, rollup: Rollup) -> str:
        """At most so long."""
        return _percentile(rollup.wait_histogram, 95)

    @admin.display(description=gettext_lazy("median run"))
    def median_run(self, rollup: Rollup) -> str:
        """Half of them ran no longer."""
        return _percentile(rollup.run_histogram, 50)

    @admin.display(description=gettext_lazy("95 % ran"))
    def most_ran(self, rollup: Rollup) -> str:
        """At most so long."""
        return _percentile(rollup.run_histogram, 95)


def _percentile(histogram: list[int], percent: float) -> str:
    seconds = percentile(histogram, percent)
    return NOTHING if seconds is None else duration(seconds)

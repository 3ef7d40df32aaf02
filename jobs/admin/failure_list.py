"""The list of failures in groups: its filters, its pages, and its columns."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import F, QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, gettext_lazy

from jobs.admin.columns import list_url
from jobs.admin.display import NOTHING, icon, moment, outside
from jobs.admin.failure_looks import LOOKS, capped, in_words, sparkline, status_badge
from jobs.domain.triage import UNSETTLED, FailureStatus
from jobs.models import Failure
from jobs.selectors.failures import (
    HOURS_PER_DAY,
    FailureFilter,
    Group,
    cursor_of,
    groups_of,
    rows_after,
)

CURSOR = "after"
#: Choices of one filter.
MOST_CHOICES = 100
_OPEN = "open"
_EVERY = "all"
_HOURS = {"1h": 1, "24h": 24, "7d": 7 * 24}


class StatusFilter(admin.SimpleListFilter):
    """The statuses, shown as tabs; without a choice, those that are still to be dealt with."""

    title = gettext_lazy("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Every status, and all of them."""
        words = [(status.value, word) for status, (word, *_) in LOOKS.items()]
        return [*words, (_EVERY, gettext_lazy("All"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Failure]) -> QuerySet[Failure]:
        """The groups of the chosen status."""
        chosen = frozenset(status for status in FailureStatus if status == self.value())
        statuses = frozenset() if self.value() == _EVERY else chosen or UNSETTLED
        return FailureFilter(statuses=statuses).of(queryset)

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """The open ones first, each with its drawing."""
        chosen = self.value() or _OPEN
        for value, word in [(_OPEN, gettext_lazy("Open")), *self.lookup_choices]:
            look = LOOKS.get(value)  # type: ignore[call-overload]
            yield {
                "selected": chosen == value,
                "query_string": changelist.get_query_string(
                    {} if value == _OPEN else {self.parameter_name: value},
                    [CURSOR, *([self.parameter_name] if value == _OPEN else [])],
                ),
                "display": word,
                "icon": icon(look[1]) if look else "",
            }


class _ValueFilter(admin.SimpleListFilter):
    """The values that there are of one column."""

    column = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """As many as a drop-down list can hold, in order."""
        rows = Failure.objects.exclude(**{self.column: ""}).order_by(self.column)
        values = rows.values_list(self.column, flat=True).distinct()[:MOST_CHOICES]
        return [(value, value) for value in values]

    def has_output(self) -> bool:
        """Also where there is nothing to choose: the page does not jump."""
        return True


class TypeFilter(_ValueFilter):
    """The task types that have failed."""

    title = gettext_lazy("task type")
    parameter_name = column = "name"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Failure]) -> QuerySet[Failure]:
        """The groups of the chosen type."""
        return FailureFilter(task_type=self.value() or "").of(queryset)


class ReleaseFilter(_ValueFilter):
    """The releases in which groups were seen last."""

    title = gettext_lazy("release")
    parameter_name = "release"
    column = "last_release"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Failure]) -> QuerySet[Failure]:
        """The groups that were seen first or last in the chosen one."""
        return FailureFilter(release=self.value() or "").of(queryset)


class AssigneeFilter(admin.SimpleListFilter):
    """Whose a group is."""

    title = gettext_lazy("assignee")
    parameter_name = "assignee"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Mine, nobody's, and those of the others who have any."""
        named = Failure.objects.filter(assignee__isnull=False).exclude(assignee=request.user.pk)
        names = named.order_by().values_list("assignee__username", flat=True).distinct()
        others = [(f"u:{name}", name) for name in sorted(names[:MOST_CHOICES])]
        return [("me", gettext_lazy("Me")), ("none", gettext_lazy("Nobody")), *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Failure]) -> QuerySet[Failure]:
        """Their groups."""
        match self.value():
            case None:
                return queryset
            case "me":
                return queryset.filter(assignee=request.user.pk)
            case "none":
                return queryset.filter(assignee=None)
            case name:
                return FailureFilter(assignee=name.removeprefix("u:")).of(queryset)


class SeenFilter(admin.SimpleListFilter):
    """How long ago a group failed last."""

    title = gettext_lazy("last seen")
    parameter_name = "seen"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Three spans that end now."""
        return [
            ("1h", gettext_lazy("Past hour")),
            ("24h", gettext_lazy("Past 24 hours")),
            ("7d", gettext_lazy("Past 7 days")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Failure]) -> QuerySet[Failure]:
        """The groups that failed within the span."""
        hours = _HOURS.get(self.value() or "")
        after = None if hours is None else timezone.now() - timedelta(hours=hours)
        return FailureFilter(seen_after=after).of(queryset)


FILTERS = (StatusFilter, TypeFilter, AssigneeFilter, ReleaseFilter, SeenFilter)


class FailureChangeList(ChangeList):
    """The latest first, by key; each row with its numbers, in a fixed number of queries."""

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """The filters, without what says where in the list we are."""
        found = super().get_filters_params(params)
        return {name: value for name, value in found.items() if name != CURSOR}

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[str | Combinable]:
        """As its index."""
        return [F("last_seen").desc(), F("fingerprint").desc()]

    def get_results(self, request: HttpRequest) -> None:
        """One page; nothing is counted but what stands on it."""
        cursor = request.GET.get(CURSOR, "")
        try:
            rows = rows_after(self.queryset, cursor)
        except ValueError:
            rows, cursor = self.queryset, ""
        found = list(rows.select_related("assignee")[: self.list_per_page + 1])
        shown = found[: self.list_per_page]
        for row, group in zip(shown, groups_of(shown), strict=True):
            row.group = group  # type: ignore[attr-defined]
        more = len(found) > len(shown)
        self.result_list = shown
        self.result_count = len(shown)
        self.full_result_count = None
        self.show_admin_actions = False
        self.can_show_all = self.multi_page = False
        self.is_first = not cursor
        self.first_url = self.get_query_string(remove=[CURSOR])
        self.next_url = self.get_query_string({CURSOR: cursor_of(shown[-1])}) if more else ""

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter or search is on."""
        return bool(self.query or self.get_filters_params())


def live(column: str, failure: Any, html: str) -> str:
    """Mark a cell that a script may renew."""
    return format_html('<div data-failure="{}" data-column="{}">{}</div>', failure.pk, column, html)


class FailureColumns:
    """Each method is the cell of one column; all text from outside is escaped and isolated."""

    @admin.display(description=gettext_lazy("status"))
    def status_badge(self, failure: Failure) -> str:
        """Icon, word and colour."""
        return live("status", failure, status_badge(failure.status))

    @admin.display(description=gettext_lazy("failure"))
    def what(self, failure: Failure) -> str:
        """What happened over the task type."""
        return format_html(
            '{}<span class="jobs-second">{}</span>',
            outside(failure.title, 110),
            outside(failure.name, 70),
        )

    @admin.display(description=gettext_lazy("1 h / 24 h / 7 d"))
    def often(self, failure: Failure) -> str:
        """Occurrences of late, over a drawing of the last 24 hours."""
        found = _group(failure).frequency
        hours = found.hours[:HOURS_PER_DAY]
        words = in_words(hours, span=gettext("24 hours"), unit=gettext("an hour"))
        cell = format_html(
            "{} / {} / {}{}",
            f"{found.last_hour:,}",
            f"{found.last_day:,}",
            f"{found.last_week:,}",
            sparkline(hours, words=words),
        )
        return live("often", failure, cell)

    @admin.display(description=gettext_lazy("dead letters"))
    def dead(self, failure: Failure) -> str:
        """Tasks that stand failed, and those that are still tried."""
        stands = _group(failure).standing
        url = list_url(dead="open", state="FAILURE", q=f"failure:{failure.pk}")
        count = format_html('<a href="{}">{}</a>', url, capped(stands.dead)) if stands.dead else "0"
        tried = gettext("%(count)s retrying") % {"count": capped(stands.retried)}
        cell = format_html('{}<span class="jobs-second">{}</span>', count, tried)
        return live("dead", failure, cell)

    @admin.display(description=gettext_lazy("last, first seen"))
    def seen(self, failure: Failure) -> str:
        """When it failed last, over the first time."""
        cell = format_html(
            '{}<span class="jobs-second">{}</span>',
            moment(failure.last_seen),
            moment(failure.first_seen),
        )
        return live("seen", failure, cell)

    @admin.display(description=gettext_lazy("release"))
    def releases(self, failure: Failure) -> str:
        """The latest, over the first."""
        if not failure.last_release:
            return NOTHING
        first = gettext("since %(release)s") % {"release": failure.first_release or "?"}
        return format_html(
            '{}<span class="jobs-second">{}</span>',
            outside(failure.last_release, 20),
            outside(first, 26),
        )

    @admin.display(description=gettext_lazy("assignee, note"))
    def whose(self, failure: Failure) -> str:
        """Who is answerable, over the note's beginning."""
        name = outside(failure.assignee.get_username(), 24) if failure.assignee else NOTHING
        note = outside(failure.note, 60, "jobs-second") if failure.note else ""
        return format_html("{}{}", name, note)


def failure_url(fingerprint: str) -> str:
    """The page of a group."""
    return reverse("admin:jobs_failure_change", args=[fingerprint])


def _group(failure: Any) -> Group:
    found: Group = failure.group
    return found

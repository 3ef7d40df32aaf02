"""What the tasks list may be narrowed to, each by an index."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from jobs.admin.display import LOOKS, icon
from jobs.admin.verbs import may
from jobs.broker.connection import queue_names
from jobs.domain.query import Search
from jobs.domain.states import State
from jobs.domain.task_ids import first_id
from jobs.models import Task
from jobs.selectors.pages import TaskFilter
from jobs.selectors.search import known_names, search_of


class StateFilter(admin.SimpleListFilter):
    """The states, shown as tabs over the list."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every state."""
        return [(state.value, look.word) for state, look in LOOKS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> QuerySet[Task]:
        """The tasks in the chosen state."""
        return queryset.filter(state=self.value()) if self.value() in LOOKS else queryset

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """The stock choices, with each state's own word and icon."""
        for choice, state in zip(super().choices(changelist), [None, *LOOKS], strict=True):
            yield choice | {
                "state": state.value if state else "",
                "icon": icon(LOOKS[state].path) if state else "",
            }


class QueueFilter(admin.SimpleListFilter):
    """The queues of this project, the most urgent first."""

    title = "queue"
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every configured queue."""
        return [(name, name) for name in queue_names()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> QuerySet[Task]:
        """The tasks on the chosen queue."""
        return queryset.filter(queue=self.value()) if self.value() else queryset


class TypeFilter(admin.SimpleListFilter):
    """The task types that are registered here or ran lately."""

    title = "task type"
    parameter_name = "name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The known names."""
        return [(name, name) for name in known_names()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> QuerySet[Task]:
        """The tasks of the chosen type."""
        return queryset.filter(name=self.value()) if self.value() else queryset


class CreatedFilter(admin.SimpleListFilter):
    """How long ago a task was created; its id tells, so the primary key serves it."""

    title = "created"
    parameter_name = "created"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Four spans that end now."""
        return [
            ("1h", "Past hour"),
            ("24h", "Past 24 hours"),
            ("7d", "Past 7 days"),
            ("30d", "Past 30 days"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> QuerySet[Task]:
        """The tasks created within the chosen span."""
        since = _since(self.value(), timezone.now())
        return queryset if since is None else queryset.filter(pk__gte=first_id(since))


class DeadLetterFilter(admin.SimpleListFilter):
    """Failed tasks that still want a decision, and those that got one."""

    title = "dead letters"
    parameter_name = "dead"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Open or discarded."""
        return [("open", "Open"), ("discarded", "Discarded")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> QuerySet[Task]:
        """Failed tasks in or out of the dead-letter queue."""
        match self.value():
            case "open":
                return queryset.filter(state=State.FAILURE, discarded_at=None)
            case "discarded":
                return queryset.filter(state=State.FAILURE, discarded_at__isnull=False)
            case _:
                return queryset


FILTERS = (StateFilter, QueueFilter, TypeFilter, DeadLetterFilter, CreatedFilter)
_HOURS = {"1h": 1, "24h": 24, "7d": 7 * 24, "30d": 30 * 24}


def asked(params: Mapping[str, str], search: Search, *, now: datetime | None = None) -> TaskFilter:
    """What the filters of a query string and a search ask for together, as of a moment."""
    state = params.get("state", "")
    states = {State(state)} if state in LOOKS else set()
    if params.get("dead") in {"open", "discarded"}:
        states = {State.FAILURE}
    return TaskFilter(
        states=frozenset(states),
        queue=params.get("queue", ""),
        task_type=params.get("name", ""),
        worker=params.get("worker__exact", ""),
        created_after=_since(params.get("created"), now or timezone.now()),
        search=search,
    )


def all_that_match(request: HttpRequest, *, now: datetime) -> TaskFilter:
    """The tasks that the list under this address shows on all its pages at a moment.

    Raises:
        InvalidSearch, PayloadWithheld: as `search_of` does.
    """
    params = request.GET.dict()
    sees_payload = may(request.user, "jobs.view_payload")
    search = search_of(params.get("q", ""), sees_payload=sees_payload, now=now)
    wanted = asked(params, search, now=now)
    dead = params.get("dead", "")
    discarded = dead == "discarded" if dead in {"open", "discarded"} else None
    return replace(wanted, discarded=discarded, created_before=now)


def _since(span: str | None, now: datetime) -> datetime | None:
    hours = _HOURS.get(span or "")
    return None if hours is None else now - timedelta(hours=hours)

"""What the tasks list may be narrowed to, each by an index."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from jobs.admin.display import LOOKS, icon
from jobs.broker.connection import queue_names
from jobs.domain.registry import registry
from jobs.domain.states import State
from jobs.models import Rollup, Task
from jobs.selectors.pages import first_id

#: Task types that ran within this time are offered, beside those registered here.
RECENT = timedelta(days=1)


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

    _hours = {"1h": 1, "24h": 24, "7d": 7 * 24, "30d": 30 * 24}

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
        hours = self._hours.get(self.value() or "")
        if hours is None:
            return queryset
        return queryset.filter(pk__gte=first_id(timezone.now() - timedelta(hours=hours)))


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


def known_names() -> list[str]:
    """The task types that are registered here or ran within `RECENT`, in order."""
    ran = (
        Rollup.objects.filter(minute__gte=timezone.now() - RECENT)
        .order_by()
        .values_list("name", flat=True)
        .distinct()
    )
    return sorted({*registry.names(), *ran})


def search(queryset: QuerySet[Task], term: str) -> QuerySet[Task]:
    """The tasks whose id, or whose type, is meant by a term; always by an index.

    An id may be a ticket (`task-…`) or its first eight characters and more. A type may be any part
    of a known name; an unknown one must be spelled out.
    """
    bounds = _ids_from(term.removeprefix("task-"))
    if bounds is not None:
        return queryset.filter(pk__range=bounds)
    names = [name for name in known_names() if term.lower() in name.lower()]
    return queryset.filter(name__in=names or [term])


def _ids_from(term: str) -> tuple[uuid.UUID, uuid.UUID] | None:
    digits = term.replace("-", "").lower()
    if not 8 <= len(digits) <= 32 or not set(digits) <= set("0123456789abcdef"):
        return None
    return uuid.UUID(digits.ljust(32, "0")), uuid.UUID(digits.ljust(32, "f"))

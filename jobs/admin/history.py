"""A task's attempts and events, inline on its page."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest

from jobs.models import Attempt, Event, Task
from jobs.selectors.timeline import MOST_ATTEMPTS, MOST_EVENTS


class LatestFormSet(BaseInlineFormSet[Any, Task, Any]):
    """Only the latest rows, newest first: a task that snoozes for weeks has thousands."""

    most = 0

    def get_queryset(self) -> QuerySet[Any]:
        """The rows shown, read once."""
        if not hasattr(self, "_queryset"):
            self._queryset = super().get_queryset().order_by("-pk")[: self.most]
        return self._queryset


class LatestAttempts(LatestFormSet):
    """As many as the timeline tells."""

    most = MOST_ATTEMPTS


class LatestEvents(LatestFormSet):
    """As many as the timeline tells."""

    most = MOST_EVENTS


class ReadOnlyInline(admin.TabularInline[Any, Task]):
    """Shown with its task to whoever may see the task; never written here."""

    extra = 0
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The task's own."""
        return request.user.has_perm("jobs.view_task")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


class AttemptInline(ReadOnlyInline):
    """Each try that has ended, with its error and traceback."""

    model = Attempt
    formset = LatestAttempts
    template = "admin/jobs/task/attempts.html"
    fields = readonly_fields = ("number",)


class EventInline(ReadOnlyInline):
    """What people and the system did beside running it."""

    model = Event
    formset = LatestEvents
    template = "admin/jobs/task/events.html"
    fields = readonly_fields = ("kind",)

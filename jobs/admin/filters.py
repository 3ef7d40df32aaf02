"""What the tasks list may be narrowed to, each by an index."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from jobs.admin.display import LOOKS, icon, preview
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

    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every state."""
        return [(state.value, str(look.word)) for state, look in LOOKS.items()]

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

    title = _("queue")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every configured queue."""
        return [(name, name) for name in queue_names()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> QuerySet[Task]:
        """The tasks on the chosen queue."""
        return queryset.filter(queue=self.value()) if self.value() else queryset


class TypeFilter(admin.SimpleListFilter):
    """The task types that are registered here or ran lately."""

    title = _("task type")
    parameter_name = "name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The known names."""
        return [(name, name) for name in known_names()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> QuerySet[Task]:
        """The tasks of the chosen type."""
        return queryset.filter(name=self.value()) if self.value() else queryset


class CreatedFilter(admin.SimpleListFilter):
    """How long ago a task was created; its id tells, so the primary key serves it."""

    title = _("created")
    parameter_name = "created"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Four spans that end now."""
        return [
            ("1h", _("Past hour")),
            ("24h", _("Past 24 hours")),
            ("7d", _("Past 7 days")),
            ("30d", _("Past 30 days")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> QuerySet[Task]:
        """The tasks created within the chosen span."""
        since = _since(self.value(), timezone.now())
        return queryset if since is None else queryset.filter(pk__gte=first_id(since))


class DeadLetterFilter(admin.SimpleListFilter):
    """Failed tasks that still want a decision, and those that got one."""

    title = _("dead letters")
    parameter_name = "dead"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Open or discarded."""
        return [("open", _("Open")), ("discarded", _("Discarded"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> QuerySet[Task]:
        """Failed tasks in or out of the dead-letter queue."""
        match self.value():
            case "open":
                return queryset.filter(state=State.FAILURE, discarded_at=None)
            case "discarded":
                return queryset.filter(state=State.FAILURE, discarded_at__isnull=False)
            case _:
                return queryset


class WrittenFilter(admin.SimpleListFilter):
    """A filter whose value is written, not chosen; `kind` is the type of its field.

    `problem` says what is wrong with what was written: then nothing is listed.
    """

    kind = "text"
    problem = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """None to choose from."""
        return []

    def has_output(self) -> bool:
        """It is there all the same."""
        return True


class WorkerFilter(WrittenFilter):
    """The worker that holds a task or held it last, by its whole name."""

    title = _("worker")
    parameter_name = "worker__exact"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> QuerySet[Task]:
        """The tasks of that worker."""
        return queryset.filter(worker=self.value()) if self.value() else queryset


class TagFilter(WrittenFilter):
    """A tag, as it was given."""

    title = _("tag")
    parameter_name = "tag"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> QuerySet[Task]:
        """All: the list asks for a tag as a search does."""
        return queryset


class MomentFilter(WrittenFilter):
    """A bound of the time of creation, in the site's zone unless it names another."""

    kind = "datetime-local"
    bound = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.moment: datetime | None = None
        given = self.value()
        if given:
            self.moment = moment_of_text(given)
        if given and self.moment is None:
            self.problem = _(
                "“%(title)s” is %(given)s: it must be a date and time, as in 2026-01-31 12:00"
            ) % {"title": self.title, "given": preview(given, 40)}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Task]) -> QuerySet[Task]:
        """The tasks on this side of the bound; an id tells when its task was created."""
        if self.moment is None:
            return queryset
        return queryset.filter(**{f"pk__{self.bound}": first_id(self.moment)})


class FromFilter(MomentFilter):
    """From that moment on."""

    title = _("created from")
    parameter_name = "from"
    bound = "gte"


class UntilFilter(MomentFilter):
    """Before that moment."""

    title = _("created before")
    parameter_name = "until"
    bound = "lt"


FILTERS = (
    StateFilter,
    QueueFilter,
    TypeFilter,
    DeadLetterFilter,
    CreatedFilter,
    FromFilter,
    UntilFilter,
    WorkerFilter,
    TagFilter,
)
_EPOCH = datetime(1970, 1, 2, tzinfo=UTC)
_NEVER = datetime(9998, 1, 1, tzinfo=UTC)
_HOURS = {"1h": 1, "24h": 24, "7d": 7 * 24, "30d": 30 * 24}


def asked(params: Mapping[str, str], search: Search, *, now: datetime | None = None) -> TaskFilter:
    """What the filters of a query string and a search ask for together, as of a moment."""
    state = params.get("state", "")
    states = {State(state)} if state in LOOKS else set()
    if params.get("dead") in {"open", "discarded"}:
        states = {State.FAILURE}
    starts = (
        _since(params.get("created"), now or timezone.now()),
        _bound(params.get("from"), _NEVER),
    )
    return TaskFilter(
        states=frozenset(states),
        queue=params.get("queue", ""),
        task_type=params.get("name", ""),
        worker=params.get("worker__exact", ""),
        tag=params.get("tag", ""),
        created_after=max(filter(None, starts), default=None),
        created_before=_bound(params.get("until"), _EPOCH),
        search=search,
    )


def moment_of_text(given: str) -> datetime | None:
    """The moment that a date or a date and time names, in the site's zone unless it says; or None.

    Of a year that a task's id can tell.
    """
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        return None
    if not 1970 < moment.year < 9999:
        return None
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


def _bound(given: str | None, otherwise: datetime) -> datetime | None:
    """A bound as it was written; what cannot be read leaves no task, and so never all."""
    return (moment_of_text(given) or otherwise) if given else None


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
    end = min(filter(None, (wanted.created_before, now)))
    return replace(wanted, discarded=discarded, created_before=end)


def _since(span: str | None, now: datetime) -> datetime | None:
    hours = _HOURS.get(span or "")
    return None if hours is None else now - timedelta(hours=hours)

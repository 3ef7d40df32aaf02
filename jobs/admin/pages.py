"""Pages of tasks by key: no page costs more than the first, whatever lies before it."""

from collections.abc import Sequence
from datetime import datetime
from heapq import merge
from typing import Any
from uuid import UUID

from django.contrib.admin.views.main import ChangeList
from django.db.models import OuterRef, QuerySet, Subquery, TextField
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Left
from django.http import HttpRequest

from jobs.admin.display import seen
from jobs.admin.filters import WrittenFilter, asked
from jobs.admin.objects import object_columns
from jobs.admin.verbs import may
from jobs.domain.states import State
from jobs.domain.task_ids import moment_of, read_id
from jobs.exceptions import InvalidSearch, PayloadWithheld
from jobs.models import Failure, Task
from jobs.selectors.reach import reach
from jobs.selectors.search import Wanted, search_of
from jobs.store.dialect import is_postgresql
from jobs.store.tally import tally

OLDER_THAN = "before"
NEWER_THAN = "after"
#: The live view's questions travel beside the list's own filters.
SHOWN = "shown"
NEWEST = "newest"
_PLACES = frozenset({OLDER_THAN, NEWER_THAN, SHOWN, NEWEST})
#: Beyond this the number of matches is told as "more than".
MOST_COUNTED = 10_000
#: Beyond this the number of rows that came since is told as "more than".
MOST_NEW = 99
#: More than a list's cell shows, less than a payload may weigh.
PREVIEW_LENGTH = 200


class TaskChangeList(ChangeList):
    """The newest first; `result_count` is the true number of matches up to `MOST_COUNTED`.

    Where no index answers the search, a page and its count end at `floor`, as far back as one page
    may look, and `searched_to` is that moment. `search_error` says what is wrong with the search.
    """

    search_error = ""
    searched_to: datetime | None = None
    floor: UUID | None = None
    is_examined = False
    is_by_queue_or_type = False

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str | None] | None = None
    ) -> QuerySet[Task]:
        """The matches of filters and search, as far as one page may look for them."""
        rows = super().get_queryset(request, exclude_parameters)
        for problem in filter(None, (getattr(spec, "problem", "") for spec in self.filter_specs)):
            self.search_error = problem
            return rows.none()
        try:
            search = search_of(self.query, sees_payload=may(request.user, "jobs.view_payload"))
        except (InvalidSearch, PayloadWithheld) as error:
            self.search_error = seen(str(error))
            return rows.none()
        wanted = asked(self.params, search).wanted()
        if wanted.is_nothing:
            return rows.none()
        self.is_by_queue_or_type = wanted.queues is not None or wanted.names is not None
        rows = Wanted(tag=self.params.get("tag", "")).narrowed(search.conditions).of(rows)
        return self._within_reach(rows, wanted, _id(request, OLDER_THAN))

    def _within_reach(
        self, rows: QuerySet[Task], wanted: Wanted, before: UUID | None
    ) -> QuerySet[Task]:
        self.is_examined = wanted.is_examined
        if not self.is_examined:
            return rows
        self.floor = reach(wanted, before=before).floor
        if before is not None:
            rows = rows.filter(pk__lt=before)
        if self.floor is None:
            return rows
        self.searched_to = moment_of(self.floor)
        return rows.filter(pk__gte=self.floor)

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """The filters, without what says where in the list we are."""
        return {
            name: value
            for name, value in super().get_filters_params(params).items()
            if name not in _PLACES
        }

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[str | Combinable]:
        """By id alone: it carries the time of creation, and the primary key serves it."""
        return ["-pk"]

    def get_results(self, request: HttpRequest) -> None:
        """Read one page and count the matches, up to a cap, by a fixed number of queries."""
        if SHOWN in request.GET:
            self._look_again(request)
            return
        before, after = _id(request, OLDER_THAN), _id(request, NEWER_THAN)
        if self.is_examined:
            after = None  # a search leads back only
        ids = self._ids(before, after)
        more = len(ids) > self.list_per_page
        ids = ids[: self.list_per_page]
        if after is not None:
            ids.reverse()
        self.result_list = _rows(ids)
        self.state_counts = {} if self.is_narrowed_beside_state else state_counts()
        known = self.state_counts.get(self.params.get("state"))
        self.result_count = self._count(MOST_COUNTED + 1) if known is None else known
        self.is_count_capped = self.result_count > MOST_COUNTED
        self.full_result_count = None
        self.show_admin_actions = True
        self.can_show_all = False
        self.multi_page = False
        self.newest = ids[0] if ids else None
        has_newer = more if after is not None else before is not None and not self.is_examined
        self.newer_url = self._place(NEWER_THAN, ids[0]) if ids and has_newer else ""
        last = ids[-1] if ids and (more or after is not None) else self.floor
        self.older_url = self._place(OLDER_THAN, last) if last else ""
        self.first_url = self.get_query_string(remove=[OLDER_THAN, NEWER_THAN])
        self.is_first = before is None and after is None

    @property
    def is_narrowed(self) -> bool:
        """Whether any filter or search is on, so that counts of all tasks would mislead."""
        return bool(self.query or self.get_filters_params())

    @property
    def is_narrowed_beside_state(self) -> bool:
        """Whether more than a state narrows, so that the tabs' counts would mislead."""
        return bool(self.query or set(self.get_filters_params()) - {"state"})

    @property
    def is_narrowed_by_writing(self) -> bool:
        """Whether a filter is on whose value is written."""
        return any(spec.value() for spec in self.filter_specs if isinstance(spec, WrittenFilter))

    def _look_again(self, request: HttpRequest) -> None:
        """The rows that a page shows, wherever they are now, and how many are newer than those."""
        shown = [read_id(text) for text in request.GET[SHOWN].split(",")[: self.list_per_page]]
        newest = _id(request, NEWEST)
        self.result_list = _rows([task_id for task_id in shown if task_id])
        if newest is not None:
            self.queryset = self.queryset.filter(pk__gt=newest)
        self.result_count = self._count(MOST_NEW + 1)

    def _count(self, most: int) -> int:
        return min(most, sum(part.order_by()[:most].count() for part in self._parts()))

    def _ids(self, before: UUID | None, after: UUID | None) -> list[UUID]:
        """One id more than a page holds, from the asked place outwards."""
        parts = [
            part.filter(pk__gt=after).order_by("pk")
            if after is not None
            else (part.filter(pk__lt=before) if before is not None else part)
            for part in self._parts()
        ]
        found = [
            list(part.values_list("pk", flat=True)[: self.list_per_page + 1]) for part in parts
        ]
        return list(merge(*found, reverse=after is None))[: self.list_per_page + 1]

    def _parts(self) -> Sequence[QuerySet[Task]]:
        """The matches, split where no single index serves the newest of them.

        PostgreSQL's indexes by queue and by type hold ended tasks only, and are used only where
        the query says so.
        """
        has_state = {"state", "dead"} & self.params.keys()
        if not self.is_by_queue_or_type or has_state or not is_postgresql():
            return [self.queryset]
        return [self.queryset.ended(), self.queryset.open()]

    def _place(self, name: str, task_id: UUID) -> str:
        return self.get_query_string({name: str(task_id)}, remove=[OLDER_THAN, NEWER_THAN])


def state_counts() -> dict[str | None, int]:
    """The tasks in each state that an index tells, None: in any, each counted to the cap."""
    states = [None, *(state for state in State if state != State.SUCCESS)]
    return dict(tally(states, most=MOST_COUNTED + 1).items())


def _rows(ids: Sequence[UUID]) -> list[Task]:
    failures = Failure.objects.filter(pk=OuterRef("failure"))
    return list(
        Task.objects.filter(pk__in=ids)
        .annotate(
            arguments_preview=Left(Cast("kwargs", TextField()), PREVIEW_LENGTH),
            failure_exception=Subquery(failures.values("exception")),
            failure_frame=Subquery(failures.values("frame")),
            **object_columns(),
        )
        .defer("args", "kwargs", "result", "progress")
        .order_by("-pk")
    )


def _id(request: HttpRequest, name: str) -> UUID | None:
    return read_id(request.GET.get(name, ""))

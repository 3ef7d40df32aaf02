"""The query of a list: checked, and turned into what the selectors take."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import QueryDict
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from jobs.api.forms import MOST_TASKS, PRINTABLE, printable, read
from jobs.api.moments import moment
from jobs.api.problems import InvalidInput, refuse
from jobs.api.views import UUID_PATTERN, UUID_TEXT, task_id_of
from jobs.api.waiting import MOST_SECONDS
from jobs.broker.connection import queue_names
from jobs.domain.fingerprint import FINGERPRINT
from jobs.domain.query import FIELDS
from jobs.domain.states import STATE_WORDS, State, states_of
from jobs.selectors.pages import MOST_PER_PAGE, TaskFilter
from jobs.selectors.search import search_of

PAGE = 50
MOST_DEAD_LETTERS = 100


_STATE = "|".join([*State.__members__, *STATE_WORDS])
_LIST_OF_STATES = f"^(({_STATE})(,({_STATE}))*)?$"


def _known_queues(schema: dict[str, Any]) -> None:
    schema["enum"] = ["", *queue_names()]


def _moment(given: object) -> datetime:
    # An unescaped plus of a time zone arrives as a space.
    return moment(given.replace(" ", "+") if isinstance(given, str) else given)


def _task_id(given: object) -> UUID:
    if isinstance(given, str) and UUID_TEXT.fullmatch(given):
        return UUID(given)
    raise ValueError("must be a UUID")


Moment = Annotated[datetime, BeforeValidator(_moment)]
TaskId = Annotated[UUID, BeforeValidator(_task_id)]


Searched = Annotated[
    str,
    Field(
        examples=list(FIELDS.values()),
        description=(
            "Conditions with spaces between. A comma between values means either, `-` before a "
            "condition its opposite, quotes hold a value together; a word by itself is part of a "
            "task type's name, or an id. Where no index answers it, a page may end early: see "
            "`complete`."
        ),
    ),
]


class PageQuery(BaseModel):
    """Where a page starts and how long it is."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(PAGE, ge=1, le=MOST_DEAD_LETTERS)
    cursor: str = Field(
        "",
        description="Continue after this task; taken from `next`.",
        json_schema_extra={"pattern": f"^({UUID_PATTERN})?$"},
    )

    def after(self) -> UUID | None:
        """The task after which the page starts."""
        return task_id_of(self.cursor, field="cursor") if self.cursor else None


class FilterFields(BaseModel):
    """Which tasks; what is left out does not narrow."""

    model_config = ConfigDict(extra="forbid")

    status: str = Field(
        "",
        json_schema_extra={"pattern": _LIST_OF_STATES},
        description=(
            "States, comma-separated; also the words `pending` (waits for anything), "
            "`processing`, `completed`, `failed`, `cancelled`."
        ),
    )
    queue: str = Field("", json_schema_extra=_known_queues)
    task_type: str = Field("", json_schema_extra=PRINTABLE)
    worker: str = Field("", json_schema_extra=PRINTABLE)
    tag: str = Field("", json_schema_extra=PRINTABLE)
    failure: str = Field(
        "",
        pattern=f"^({FINGERPRINT.pattern})?$",
        description=(
            "A group of failures, by its fingerprint: tasks whose last failed attempt is one of "
            "them, without those that were discarded."
        ),
    )
    created_after: Moment | None = None
    created_before: Moment | None = None

    def as_filter(self, *, prefix: str = "") -> TaskFilter:
        """What the selector takes; InvalidInput names a state or queue that does not exist.

        `prefix` stands before the names of fields in errors.
        """
        if self.queue and self.queue not in queue_names():
            allowed = ", ".join(queue_names())
            refuse(f"{prefix}queue", f"must be one of {allowed}, not {self.queue[:60]!r}")
        return TaskFilter(
            states=_states(f"{prefix}status", self.status),
            queue=self.queue,
            task_type=printable(f"{prefix}task_type", self.task_type),
            worker=printable(f"{prefix}worker", self.worker),
            tag=printable(f"{prefix}tag", self.tag),
            failure=self.failure,
            created_after=self.created_after,
            created_before=self.created_before,
        )


class TaskQuery(FilterFields, PageQuery):
    """Which tasks to list."""

    limit: int = Field(PAGE, ge=1, le=MOST_PER_PAGE)
    search: Searched = ""

    def searched(self, *, sees_payload: bool) -> TaskFilter:
        """What the selector takes, its search included.

        Raises:
            InvalidInput: as `as_filter` does.
            InvalidSearch, PayloadWithheld: name the place in the search.
        """
        return _with_search(self.as_filter(), self.search, sees_payload=sees_payload)


class ActionFilter(FilterFields):
    """Which tasks to act on."""

    ids: list[TaskId] = Field(
        default_factory=list,
        min_length=1,
        max_length=MOST_TASKS,
        description="Only tasks among these.",
    )

    search: Searched = ""

    def searched(self, *, sees_payload: bool, prefix: str) -> TaskFilter:
        """As `TaskQuery.searched`, narrowed by ids."""
        found = replace(self.as_filter(prefix=prefix), ids=frozenset(self.ids))
        return _with_search(found, self.search, sees_payload=sees_payload)


class WaitQuery(BaseModel):
    """How long to wait for a task's end."""

    model_config = ConfigDict(extra="forbid")

    wait: float = Field(
        0,
        ge=0,
        le=MOST_SECONDS,
        allow_inf_nan=False,
        description="Answer when the task has ended, at the latest after this many seconds.",
    )


def _with_search(found: TaskFilter, text: str, *, sees_payload: bool) -> TaskFilter:
    return replace(found, search=search_of(text, sees_payload=sees_payload))


def page_query(query: QueryDict) -> PageQuery:
    """The query of a list without filters."""
    return read(PageQuery, single(query))


def task_query(query: QueryDict) -> TaskQuery:
    """The query of a list of tasks."""
    return read(TaskQuery, single(query))


def wait_query(query: QueryDict) -> WaitQuery:
    """The query of one task."""
    return read(WaitQuery, single(query))


def single(query: QueryDict) -> dict[str, str]:
    """Each parameter once; `status` may be repeated."""
    given = dict(query.lists())
    repeated = [key for key, values in given.items() if len(values) > 1 and key != "status"]
    if repeated:
        raise InvalidInput([{"field": key, "message": "is given twice"} for key in repeated])
    return {key: ",".join(values) for key, values in given.items()}


def _states(field: str, given: str) -> frozenset[State]:
    wanted: frozenset[State] = frozenset()
    for word in filter(None, (part.strip() for part in given.split(","))):
        try:
            wanted |= states_of(word)
        except ValueError as error:
            refuse(field, f"{word[:60]!r} {error}")
    return wanted

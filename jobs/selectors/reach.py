"""How far back one page may look where no index gives its rows in order."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import Q

from jobs.conf import get_conf
from jobs.domain.states import ALL, ENDED, OPEN, State
from jobs.models.task import TaskQuerySet
from jobs.selectors.search import Wanted
from jobs.store.dialect import is_postgresql

#: With more values than this a column no longer says where to begin.
_MOST_VALUES = 10


@dataclass(frozen=True, slots=True)
class Reach:
    """What one page may look at: the rows from `floor` on, all of them when it is None.

    `column` is the one whose index leads to these rows, "tag" for that of the tag's own rows, ""
    for the primary key.
    """

    column: str
    floor: UUID | None


def reach(wanted: Wanted, *, before: UUID | None) -> Reach:
    """How far the newest `JOBS["SEARCH_ROWS"]` rows reach back that some index leaves.

    Of the indexes that the filter can use, the one that reaches furthest counts. Each is asked for
    one id, so that this costs the walk over so many entries, whatever the table holds.
    """
    rows = replace(wanted, tag="").in_order(before=before).filter(wanted.ids)
    best: Reach | None = None
    if wanted.tag:
        best = Reach("tag", _tag_floor(wanted, before))
        if best.floor is None:
            return best
    for column, parts in _leads(wanted, rows):
        found = Reach(column, _floor(parts))
        if found.floor is None:
            return found
        if best is None or best.floor is None or found.floor < best.floor:
            best = found
    return best or Reach("", _floor([rows]))


def in_state(rows: TaskQuerySet, state: State) -> TaskQuerySet:
    """Those in one state, newest first, said so that only an index which tells the state does.

    PostgreSQL takes a group of failures and a state for independent of each other, and would walk
    the primary key to find soon what is not there.
    """
    return rows.filter(state__gte=state, state__lte=state).order_by("-state", "-pk")


def _tag_floor(wanted: Wanted, before: UUID | None) -> UUID | None:
    most = get_conf().search_rows
    ids = wanted.tagged_in_order(before=before).values_list("task_id", flat=True)
    return next(iter(ids[most - 1 : most]), None)


def _leads(wanted: Wanted, rows: TaskQuerySet) -> Iterable[tuple[str, list[TaskQuerySet]]]:
    """Each column that narrows, with parts of the rows, each of which an index gives in order."""
    if wanted.states != ALL and State.SUCCESS not in wanted.states:
        yield "state", [rows.filter(part) for part in _by_state(wanted.states)]
    if wanted.failure:
        alike = rows.filter(failure=wanted.failure, discarded_at=None)
        yield "failure", [in_state(alike, state) for state in sorted(wanted.states)]
    for column, values in (("name", wanted.names), ("queue", wanted.queues)):
        if values is not None and len(values) <= _MOST_VALUES:
            yield column, [rows.filter(part) for part in _by(column, values, wanted.states)]


def _by_state(states: Iterable[State]) -> list[Q]:
    return [Q(state=state) for state in sorted(states)]


def _by(column: str, values: Iterable[str], states: frozenset[State]) -> list[Q]:
    """PostgreSQL's indexes by type and by queue hold ended tasks only, of whatever end."""
    parts = [Q(**{column: value}) for value in sorted(values)]
    if not is_postgresql():
        return parts
    held = [part & Q(state__in=sorted(ENDED)) for part in parts] if states & ENDED else []
    return held + _by_state(states & OPEN)


def _floor(parts: list[TaskQuerySet]) -> UUID | None:
    """The id of the last row that may be looked at; None when they all may.

    SQLite merges the parts as it goes. PostgreSQL would sort all their rows: there each is cut.
    """
    most = get_conf().search_rows
    ids = [part.values_list("pk", flat=True) for part in parts]
    if len(ids) > 1:
        ids = [each[:most] if is_postgresql() else each.order_by() for each in ids]
        ids = [ids[0].union(*ids[1:], all=True).order_by("-pk")]
    return next(iter(ids[0][most - 1 : most]), None)

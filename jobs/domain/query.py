"""The search language: `state:failed arg.order_id:123 error:Timeout age>10m`, read into conditions.

Conditions have spaces between, and all of them must hold. `field:a,b` asks for any of the values,
`-` before a condition for its opposite, double quotes hold a value together. A word by itself looks
into the task type's name, or is an id.
"""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from jobs.domain.query_syntax import Term, Value, quoted, terms, wrong
from jobs.domain.query_values import fingerprint_of, ids_between, seconds_of, span_of
from jobs.domain.states import ALL, State, states_of

#: Every field, with an example of its use.
FIELDS = {
    "id": "id:019a1fc6",
    "state": "state:failed",
    "queue": "queue:low",
    "task": "task:invoice",
    "worker": "worker:host.4711",
    "tag": "tag:nightly",
    "failure": "failure:3f2a9c0d1e4b5a67",
    "arg.": "arg.order_id:123",
    "error": "error:Timeout",
    "age": "age>10m",
    "wait": "wait>30s",
    "run": "run>5s",
    "created": "created>2026-01-31",
}
MOST_KEYS = 10
_ARGUMENT = "arg."
_OPPOSITE = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}
#: The signs of the fields that take another than a colon.
_SIGNS = {
    "age": frozenset(_OPPOSITE),
    "wait": frozenset(_OPPOSITE),
    "run": frozenset(_OPPOSITE),
    "created": frozenset({":", *_OPPOSITE}),
}
_KEY = re.compile(r"[^.\\]+")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ids:
    """The id lies in one of these ranges, both ends included."""

    ranges: tuple[tuple[UUID, UUID], ...]


@dataclass(frozen=True, slots=True)
class States:
    """The task is in one of these states."""

    states: frozenset[State]


@dataclass(frozen=True, slots=True)
class Created:
    """Created from one moment on, and before another; None is no bound."""

    start: datetime | None
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Named:
    """`field` is `queue`, `task`, `worker`, `tag`, `failure` or `error`; one of the texts is meant.

    They are the whole of a queue's or worker's name, a tag or a fingerprint, and part of a task
    type's name or an error.
    """

    field: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Argument:
    """The argument at the end of these keys is one of the texts, or the number it spells."""

    keys: tuple[str, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lasting:
    """`field` is `wait` or `run`: how long the last attempt waited for its worker, or ran."""

    field: str
    sign: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a condition for which nothing says it more directly."""

    condition: "Ids | Created | Named | Argument"


Condition = Ids | States | Created | Named | Argument | Lasting | Not


@dataclass(frozen=True, slots=True)
class Search:
    """Conditions that must all hold.

    `payload_at` is the position, from 1, of the first one that looks into payloads; None without.
    `text` is how it was spelled.
    """

    conditions: tuple[Condition, ...] = ()
    payload_at: int | None = None
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class _Place:
    """What a search is read with."""

    now: datetime
    queues: Collection[str]
    hides: Callable[[str], bool]


def parse(
    text: str, *, now: datetime, queues: Collection[str], hides: Callable[[str], bool]
) -> Search:
    """What a search means.

    Ages count back from `now`, `queues` are those that there are, and no argument is searched
    whose key `hides` its value.

    Raises:
        InvalidSearch: says at which character, from 1, what was given and what is allowed.
    """
    found = terms(text)
    place = _Place(now, queues, hides)
    conditions = tuple(_condition(term, place) for term in found)
    payload = (term.at + 1 for term in found if _looks_into_payload(term))
    return Search(conditions, next(payload, None), text)


def _looks_into_payload(term: Term) -> bool:
    return term.field == "error" or term.field.startswith(_ARGUMENT)


def _condition(term: Term, place: _Place) -> Condition:
    field = _ARGUMENT if term.field.startswith(_ARGUMENT) else term.field
    if field and field not in FIELDS:
        raise wrong(
            term.field_at, f"there is no field {quoted(field)}: use one of {', '.join(FIELDS)}"
        )
    if field:
        _check_sign(term, field)
    match field:
        case "age" | "wait" | "run":
            return _of_length(term, place.now)
        case "created":
            return _of_moment(term)
        case "state":
            return _of_states(term)
    condition = _of_texts(term, field, place)
    return Not(condition) if term.negated else condition


def _check_sign(term: Term, field: str) -> None:
    if term.sign not in _SIGNS.get(field, {":"}):
        raise wrong(
            term.sign_at, f"{field} is written as in {FIELDS[field]}, not with {term.sign!r}"
        )


def _of_texts(term: Term, field: str, place: _Place) -> Ids | Named | Argument:
    texts = tuple(value.text for value in term.values)
    if field == _ARGUMENT:
        return Argument(_keys(term, place.hides), texts)
    if field == "id":
        return Ids(tuple(_each(term, _ids)))
    if field == "failure":
        _each(term, fingerprint_of)
    if field == "queue":
        for value in term.values:
            _check_queue(value, place.queues)
    if not field:
        ranges = tuple(found for text in texts if (found := ids_between(text)))
        if len(ranges) == len(texts):
            return Ids(ranges)
    return Named(field or "task", texts)


def _of_length(term: Term, now: datetime) -> Created | Lasting:
    seconds = _only(term, seconds_of)
    sign = _OPPOSITE[term.sign] if term.negated else term.sign
    if term.field != "age":
        return Lasting(term.field, sign, seconds)
    then = now - timedelta(seconds=seconds)
    return Created(None, then) if sign.startswith(">") else Created(then, None)


def _of_moment(term: Term) -> Created | Not:
    negated = term.negated and term.sign == ":"
    sign = _OPPOSITE[term.sign] if term.negated and not negated else term.sign
    condition = Created(*_only(term, lambda text: span_of(text, sign)))
    return Not(condition) if negated else condition


def _of_states(term: Term) -> States:
    states: frozenset[State] = frozenset().union(*_each(term, states_of))
    return States(ALL - states if term.negated else states)


def _keys(term: Term, hides: Callable[[str], bool]) -> tuple[str, ...]:
    keys = tuple(term.field.removeprefix(_ARGUMENT).split("."))
    if len(keys) > MOST_KEYS or not all(_KEY.fullmatch(key) for key in keys):
        raise wrong(
            term.field_at,
            f"{quoted(term.field)} is no path to an argument: it is written as in arg.order_id or "
            f"arg.customer.name, with at most {MOST_KEYS} keys",
        )
    if any(hides(key) for key in keys):
        raise wrong(
            term.field_at,
            f"{quoted(term.field)} holds a secret: nobody may search it",
        )
    return keys


def _ids(given: str) -> tuple[UUID, UUID]:
    found = ids_between(given)
    if found is None:
        raise ValueError("is no task id: give all of it, or its first 8 digits and more")
    return found


def _check_queue(value: Value, queues: Collection[str]) -> None:
    if value.text not in queues:
        raise wrong(
            value.at, f"there is no queue {quoted(value.text)}: use one of {', '.join(queues)}"
        )


def _only(term: Term, read: Callable[[str], T]) -> T:
    if len(term.values) > 1:
        raise wrong(term.values[1].at, f"{term.field} takes one value, not {len(term.values)}")
    return _each(term, read)[0]


def _each(term: Term, read: Callable[[str], T]) -> list[T]:
    found = []
    for value in term.values:
        try:
            found.append(read(value.text))
        except ValueError as error:
            raise wrong(value.at, f"{quoted(value.text)} {error}") from None
    return found

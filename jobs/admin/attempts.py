"""A task's attempts as its page tells them, and any two side by side."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice
from typing import NamedTuple

from django.db.models import Case, QuerySet, TextField, Value, When
from django.db.models.functions import Left
from django.utils.translation import gettext as _

from jobs.admin.display import moment, outside, seen
from jobs.domain.captured import LogRecord, records
from jobs.domain.tracebacks import application_part
from jobs.domain.wording import duration
from jobs.models import Attempt, Task
from jobs.selectors.facts import redacted
from jobs.selectors.timeline import latest_attempts

#: The texts of so many attempts stand on the page, the others' are a link away.
MOST_TOLD = 10
#: Of each of those texts so many characters; what a worker keeps is shorter as a rule.
MOST_CHARACTERS = 40_000
#: Of two tracebacks so many lines are compared, each so long.
MOST_LINES = 600
MOST_LINE = 500
#: Lines that both have are shown this near to what differs.
CONTEXT = 3
TEXTS = ("error", "traceback", "log")


def shown_attempts(task: Task, *, with_texts: bool) -> QuerySet[Attempt]:
    """The latest, newest first; `told_…` are the beginnings of the texts of the newest of them.

    Cut in the database: a page does not read megabytes to show a part. Only the beginnings: what a
    cut leaves of a secret's name at its front could not be told from other words.
    """
    rows = latest_attempts(task).defer(*TEXTS)
    if not with_texts:
        return rows
    return rows.annotate(**{f"told_{name}": _beginning(task, name) for name in TEXTS})


def _beginning(task: Task, column: str) -> Case:
    return Case(
        When(
            number__gt=task.attempt_count - MOST_TOLD,
            then=Left(column, MOST_CHARACTERS + 1),
        ),
        default=Value(""),
        output_field=TextField(),
    )


@dataclass(frozen=True, slots=True)
class Told:
    """A text of an attempt as a page may show it, not yet escaped; `is_cut`: there is more."""

    text: str
    is_cut: bool

    def __bool__(self) -> bool:
        return bool(self.text)

    @classmethod
    def of(cls, stored: str) -> "Told":
        """The beginning of a stored text, its secrets hidden."""
        whole = redacted(stored[:MOST_CHARACTERS])
        return cls(seen(whole), len(stored) > MOST_CHARACTERS)


@dataclass(frozen=True, slots=True)
class AttemptTexts:
    """What an attempt said."""

    error: Told
    traceback: Told
    log: Told

    @property
    def application(self) -> str:
        """The traceback without the frames of libraries; "" when that leaves nothing out."""
        part = application_part(self.traceback.text)
        return "" if part == self.traceback.text else part

    @property
    def log_records(self) -> list[LogRecord]:
        """The log, a record each."""
        return list(records(self.log.text))


def texts_of(attempt: Attempt) -> AttemptTexts:
    """The texts of an attempt of `shown_attempts`."""
    return AttemptTexts(*(Told.of(getattr(attempt, f"told_{name}")) for name in TEXTS))


class Fact(NamedTuple):
    """One property of two attempts, as markup."""

    name: str
    first: str
    second: str
    differs: bool


class DiffLine(NamedTuple):
    """A line of two texts; `side` is "first", "second", "both", or "gap" for lines left out."""

    side: str
    text: str


def facts_of(first: Attempt, second: Attempt, *, shows_payload: bool) -> list[Fact]:
    """What both were, one property a line."""
    named = [
        (_("Outcome"), *(each.outcome for each in (first, second))),
        (_("Waited"), *(_duration(each.wait_seconds) for each in (first, second))),
        (_("Ran"), *(_duration(each.run_seconds) for each in (first, second))),
        (_("Finished"), *(moment(each.finished_at) for each in (first, second))),
        (_("Worker"), *(outside(each.worker or "-", 60) for each in (first, second))),
        (_("Release"), *(outside(each.release or "-", 60) for each in (first, second))),
        (_("Exception"), *(outside(each.exception or "-", 80) for each in (first, second))),
    ]
    if shows_payload:
        errors = (redacted(each.error[:MOST_CHARACTERS]) for each in (first, second))
        named.append((_("Error"), *(outside(error or "-", 300) for error in errors)))
    return [Fact(name, one, other, one != other) for name, one, other in named]


def _duration(seconds: float | None) -> str:
    return "-" if seconds is None else duration(seconds)


def difference(first: str, second: str) -> list[DiffLine]:
    """The lines of two texts, secrets hidden; long runs that both have are left out."""
    one, other = _lines(first), _lines(second)
    if one and one == other:
        return [DiffLine("gap", _("Both are the same."))]
    found: list[DiffLine] = []
    opcodes = SequenceMatcher(None, one, other).get_opcodes()
    for place, (tag, start, end, start2, end2) in enumerate(opcodes):
        if tag == "equal":
            found += _shared(one[start:end], first=not place, last=place == len(opcodes) - 1)
        else:
            found += [DiffLine("first", line) for line in one[start:end]]
            found += [DiffLine("second", line) for line in other[start2:end2]]
    return found


def _shared(lines: Sequence[str], *, first: bool, last: bool) -> Iterator[DiffLine]:
    before = 0 if first else CONTEXT
    after = 0 if last else CONTEXT
    hidden = len(lines) - before - after
    if hidden <= 1:
        yield from (DiffLine("both", line) for line in lines)
        return
    yield from (DiffLine("both", line) for line in lines[:before])
    yield DiffLine("gap", _("… %(count)d lines that both have") % {"count": hidden})
    yield from (DiffLine("both", line) for line in lines[len(lines) - after :])


def _lines(text: str) -> list[str]:
    shown = seen(redacted(text[:MOST_CHARACTERS]))
    return [line[:MOST_LINE] for line in islice(shown.splitlines(), MOST_LINES)]

"""How long tasks waited and ran, as conditions on their rows."""

from django.db.models import Case, F, Q, Value, When
from django.db.models.expressions import Combinable
from django.db.models.fields import DateTimeField
from django.db.models.lookups import (
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
)
from django.utils import timezone

from jobs.domain.query import Lasting
from jobs.domain.states import ENDED, State
from jobs.selectors.expressions import SecondsBetween

_COMPARED = {
    ">": GreaterThan,
    ">=": GreaterThanOrEqual,
    "<": LessThan,
    "<=": LessThanOrEqual,
}


def lasting(condition: Lasting) -> Q:
    """The tasks whose wait, or last run, compares so with some seconds."""
    now = Value(timezone.now(), DateTimeField())
    seconds = _waited(now) if condition.field == "wait" else _ran(now)
    compared = _COMPARED[condition.sign](seconds, condition.seconds)
    return Q(GreaterThanOrEqual(seconds, 0.0)) & Q(compared)


def _waited(now: Combinable) -> Case:
    """Seconds until its last attempt began, or until now while it waits for a worker."""
    began = sorted({State.STARTED, *ENDED})
    return Case(
        When(state=State.PENDING, then=SecondsBetween(F("run_after"), now)),
        When(state__in=began, then=SecondsBetween(F("run_after"), F("started_at"))),
    )


def _ran(now: Combinable) -> Case:
    """Seconds of its last attempt, or until now while it runs."""
    return Case(
        When(state=State.STARTED, then=SecondsBetween(F("started_at"), now)),
        When(state__in=sorted(ENDED), then=SecondsBetween(F("started_at"), F("finished_at"))),
    )

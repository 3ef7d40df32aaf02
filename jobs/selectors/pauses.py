"""Which queues and task types are paused, by whom and why."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Self

from django.db.models import Value

from jobs.domain.registry import registry
from jobs.domain.wording import Moment
from jobs.models import Pause, QueuePause, TypePause
from jobs.selectors.facts import moment

#: Of the pauses of one thing, so many are told, the latest first.
MOST_PAUSES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseFacts:
    """A pause that holds now; without `until` it holds until somebody ends it."""

    by: str
    reason: str
    since: datetime
    until: datetime | None

    @classmethod
    def of(cls, pause: Pause) -> Self:
        """What a pause's row tells."""
        return cls(by=pause.actor, reason=pause.reason, since=pause.since, until=pause.until)

    def as_dict(self) -> dict[str, Any]:
        """The same as plain types."""
        return asdict(self) | {"since": moment(self.since), "until": moment(self.until)}

    def moments(self, *, now: datetime) -> tuple[Moment, ...]:
        """Those that `words` tells, in its order."""
        return tuple(Moment(at, now=now) for at in (self.since, self.until) if at is not None)

    def words(self, *, now: datetime) -> str:
        """The whole of it but for the name: `paused by ann since …, until …: reason`."""
        since, *until = self.moments(now=now)
        end = f", until {until[0]}" if until else ""
        return f"paused by {self.by or 'nobody known'} since {since}{end}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Paused:
    """What is paused at one moment: queues, and task types by their present names."""

    queues: Mapping[str, PauseFacts] = field(default_factory=dict)
    types: Mapping[str, PauseFacts] = field(default_factory=dict)

    @property
    def names(self) -> set[str]:
        """By which rows may call those types: the former names too."""
        return {name for held in self.types for name in registry.names_of(held)}


def paused_at(moment: datetime) -> Paused:
    """All that is paused at a moment, by one read."""
    facts = ("actor", "reason", "since", "until")
    queues = QueuePause.objects.at(moment).order_by().values_list(Value("queue"), "queue", *facts)
    types = TypePause.objects.at(moment).order_by().values_list(Value("type"), "name", *facts)
    held: dict[str, dict[str, PauseFacts]] = {"queue": {}, "type": {}}
    for kind, name, by, reason, since, until in queues.union(types, all=True):
        held[kind][name] = PauseFacts(by=by, reason=reason, since=since, until=until)
    now_called = {registry.names_of(name)[0]: each for name, each in held["type"].items()}
    return Paused(held["queue"], now_called)


def pauses_of_type(name: str) -> Sequence[TypePause]:
    """The latest pauses of a task type, under whichever of its names, the latest first."""
    return list(TypePause.objects.filter(name__in=registry.names_of(name))[:MOST_PAUSES])

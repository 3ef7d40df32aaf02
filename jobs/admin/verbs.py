"""What operators may do to tasks: three verbs, each with its permission and its service."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Protocol
from uuid import UUID

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.http import HttpRequest

from jobs.domain.states import Move, State, allowed
from jobs.models import Task
from jobs.services.cancel import cancel_many
from jobs.services.discard import discard_many
from jobs.services.moves import Report
from jobs.services.requeue import requeue_many

MOST_REASON = 500
#: Refusals that are told one by one.
MOST_ERRORS = 3


class Service(Protocol):
    """What all three services look like."""

    def __call__(self, *, task_ids: Iterable[UUID], actor: str, reason: str = "") -> Report:
        """Do it to every task that allows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One verb. `effects` says what becomes of a task in each state that allows it.

    `key` leads to its button; "": none does.
    """

    name: str
    label: str
    done: str
    permission: str
    service: Service
    effects: dict[State, str]
    danger: bool = False
    key: str = ""

    def effect_on(self, state: State, *, discarded: bool) -> str | None:
        """What the verb does to such a task, or None: it refuses."""
        if self.name == "discard" and discarded:
            return None
        return self.effects.get(state)

    def allowed_to(self, request: HttpRequest) -> bool:
        """Whether this user may use it."""
        return may(request.user, self.permission)


REQUEUE = Verb(
    name="requeue",
    label="Requeue",
    done="Requeued",
    permission="jobs.requeue_task",
    service=requeue_many,
    effects={
        state: "becomes pending again, with all its tries; its history stays"
        for state in State
        if allowed(Move.REQUEUE, state)
    },
    key="r",
)
CANCEL = Verb(
    name="cancel",
    label="Cancel",
    done="Cancelled",
    permission="jobs.cancel_task",
    service=cancel_many,
    effects={state: "is revoked at once" for state in State if allowed(Move.CANCEL, state)}
    | {State.STARTED: "is asked to stop; it is revoked when its worker has stopped it"},
    danger=True,
    key="c",
)
DISCARD = Verb(
    name="discard",
    label="Discard",
    done="Discarded",
    permission="jobs.discard_task",
    service=discard_many,
    effects={State.FAILURE: "leaves the dead letters; the row and its history stay"},
    danger=True,
)
VERBS = {verb.name: verb for verb in (REQUEUE, CANCEL, DISCARD)}


def may(user: AbstractUser | AnonymousUser, permission: str) -> bool:
    """Whether an active member of staff has a permission."""
    return bool(user.is_active and getattr(user, "is_staff", False) and user.has_perm(permission))


def possible(task: Task, request: HttpRequest) -> list[Verb]:
    """The verbs that this task's state and this user's permissions allow now."""
    state, discarded = State(task.state), task.discarded_at is not None
    return [
        verb
        for verb in VERBS.values()
        if verb.effect_on(state, discarded=discarded) and verb.allowed_to(request)
    ]


def reason_of(request: HttpRequest) -> str:
    """The reason that a form gives, as a database can hold it."""
    return request.POST.get("reason", "").replace("\0", "").strip()[:MOST_REASON]


def told(verb: Verb, report: Report) -> str:
    """What exactly a verb did, in one line."""
    parts = []
    if report.moved:
        parts.append(f"{verb.done} {_tasks(len(report.moved))}.")
    if report.requested:
        parts.append(f"Asked {_tasks(len(report.requested))} to stop: running until then.")
    if report.refused:
        states = Counter(report.refused.values())
        by_state = ", ".join(f"{count} {state.value}" for state, count in sorted(states.items()))
        parts.append(f"Refused by state: {by_state}. Nothing was changed there.")
    parts += [str(error) for error in islice(report.errors.values(), MOST_ERRORS)]
    if report.missing:
        parts.append(f"{_tasks(len(report.missing))} no longer existed.")
    return " ".join(parts) or "No task was touched."


def _tasks(count: int) -> str:
    return f"{count:,} task" if count == 1 else f"{count:,} tasks"

"""What operators may do to tasks: the verbs, each with its permission and its service."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.auth.models import AbstractUser, AnonymousUser
from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from jobs.domain.operations import SOURCES, Action, Parameters
from jobs.domain.states import Move, State, allowed
from jobs.models import Task
from jobs.services.advance import verb_of
from jobs.services.moves import Report
from jobs.services.operate import NO_PARAMETERS

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

MOST_REASON = 500
#: Refusals that are told one by one.
MOST_ERRORS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One verb. `effects` says what becomes of a task in each state that allows it.

    `key` leads to its button; "": none does.
    """

    name: str
    label: "StrOrPromise"
    done: "StrOrPromise"
    effects: "Mapping[State, StrOrPromise]"
    danger: bool = False
    key: str = ""
    warning: "StrOrPromise" = ""
    """What cannot be taken back."""
    asks: str = ""
    """The field that its form asks for; empty for none."""

    @property
    def action(self) -> Action:
        """The same over many tasks."""
        return Action.RERUN if self.name == "duplicate" else Action(self.name)

    def effect_on(self, state: State, *, discarded: bool) -> "StrOrPromise | None":
        """What the verb does to such a task, or None: it refuses."""
        if (self.name == "discard" and discarded) or (self.name == "restore" and not discarded):
            return None
        return self.effects.get(state)

    def allowed_to(self, request: HttpRequest) -> bool:
        """Whether this user may use it."""
        return all(may(request.user, f"jobs.{each}") for each in self.action.permissions)

    def allowed_on_page(self, request: HttpRequest) -> bool:
        """Whether this user may use it on a task's own page, where an edit shows the arguments."""
        shows = self.asks == "kwargs"
        return self.allowed_to(request) and (not shows or may(request.user, "jobs.view_payload"))

    def service(
        self,
        *,
        task_ids: Iterable[UUID],
        actor: str,
        reason: str = "",
        parameters: Parameters = NO_PARAMETERS,
    ) -> Report:
        """Do it to every task that allows it.

        Raises:
            InvalidOption, UnknownQueue: a parameter is missing or not allowed.
        """
        parameters.check(self.action)
        verb = verb_of(self.action, parameters)
        return verb(task_ids=task_ids, actor=actor, reason=reason)


REQUEUE = Verb(
    name="requeue",
    label=_("Requeue"),
    done=_("Requeued"),
    effects={
        state: _("becomes pending again, with all its tries; its history stays")
        for state in State
        if allowed(Move.REQUEUE, state)
    },
    key="r",
)
CANCEL = Verb(
    name="cancel",
    label=_("Cancel"),
    done=_("Cancelled"),
    effects={state: _("is revoked at once") for state in State if allowed(Move.CANCEL, state)}
    | {State.STARTED: _("is asked to stop; it is revoked when its worker has stopped it")},
    danger=True,
    key="c",
    warning=_("This cannot be undone: what is cancelled can be requeued, and begins anew then."),
)
DISCARD = Verb(
    name="discard",
    label=_("Discard"),
    done=_("Discarded"),
    effects={State.FAILURE: _("leaves the dead letters; the row and its history stay")},
    danger=True,
)
RESTORE = Verb(
    name="restore",
    label=_("Restore"),
    done=_("Restored"),
    effects={State.FAILURE: _("is among the dead letters again")},
)
RESCHEDULE = Verb(
    name="reschedule",
    label=_("Reschedule"),
    done=_("Rescheduled"),
    effects={
        **dict.fromkeys(SOURCES[Action.RESCHEDULE], _("may run from the moment on")),
        State.BLOCKED: _("may run from the moment on, if what it depends on has succeeded"),
    },
    warning=_("This cannot be undone; each task's history and the report tell when it was due."),
    asks="run_after",
)
MOVE = Verb(
    name="move",
    label=_("Move"),
    done=_("Moved"),
    effects=dict.fromkeys(SOURCES[Action.MOVE], _("waits on that queue")),
    asks="queue",
)
RERUN = Verb(
    name="rerun",
    label=_("Edit and rerun"),
    done=_("Ran again"),
    effects=dict.fromkeys(SOURCES[Action.RERUN], _("stays; a new task like it is written")),
    warning=_("This cannot be undone; the new tasks can be cancelled."),
    asks="kwargs",
    key="e",
)
DUPLICATE = Verb(
    name="duplicate",
    label=_("Duplicate"),
    done=_("Duplicated"),
    effects=RERUN.effects,
    warning=RERUN.warning,
)
#: In the order in which lists and pages offer them.
VERBS = {
    verb.name: verb
    for verb in (REQUEUE, CANCEL, DISCARD, RESTORE, RESCHEDULE, MOVE, RERUN, DUPLICATE)
}


def may(user: AbstractUser | AnonymousUser, permission: str) -> bool:
    """Whether an active member of staff has a permission."""
    return bool(user.is_active and getattr(user, "is_staff", False) and user.has_perm(permission))


def possible(task: Task, request: HttpRequest) -> list[Verb]:
    """The verbs that this task's state and this user's permissions allow now."""
    state, discarded = State(task.state), task.discarded_at is not None
    return [
        verb
        for verb in VERBS.values()
        if verb.effect_on(state, discarded=discarded) and verb.allowed_on_page(request)
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
        told = {"tasks": _tasks(len(report.requested))}
        parts.append(gettext("Asked %(tasks)s to stop: running until then.") % told)
    if report.refused:
        states = Counter(report.refused.values())
        by_state = ", ".join(f"{count} {state.value}" for state, count in sorted(states.items()))
        words = gettext("Refused by state: %(states)s. Nothing was changed there.")
        parts.append(words % {"states": by_state})
    parts += [str(error) for error in islice(report.errors.values(), MOST_ERRORS)]
    if report.missing:
        gone = {"tasks": _tasks(len(report.missing))}
        parts.append(gettext("%(tasks)s no longer existed.") % gone)
    return " ".join(parts) or gettext("No task was touched.")


def _tasks(count: int) -> str:
    return ngettext("%(count)s task", "%(count)s tasks", count) % {"count": f"{count:,}"}

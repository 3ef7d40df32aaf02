"""What can be done to an operation as it stands, by whom, and what an undo means."""

from typing import TYPE_CHECKING

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy

from jobs.admin.verbs import VERBS as VERB_OF
from jobs.domain.operations import Action, OperationState
from jobs.models import Operation

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

WORDS = {
    "pause": gettext_lazy("Pause"),
    "resume": gettext_lazy("Resume"),
    "cancel": gettext_lazy("Cancel"),
    "undo": gettext_lazy("Undo"),
}
UNDO_WORDS = {
    Action.DISCARD: gettext_lazy("An undo puts what was discarded back among the dead letters."),
    Action.RESTORE: gettext_lazy("An undo discards again what was restored."),
    Action.MOVE: gettext_lazy(
        "An undo moves each task back to the queue where it was, if it still waits."
    ),
    Action.REQUEUE: gettext_lazy(
        "A requeue cannot be undone: result, error and tries of the life before are gone. What "
        "still waits can be cancelled."
    ),
    Action.CANCEL: gettext_lazy(
        "A cancel cannot be undone: what was cancelled can be requeued, and begins anew."
    ),
    Action.RESCHEDULE: gettext_lazy(
        "A reschedule cannot be undone; the report notes when each task was due."
    ),
    Action.RERUN: gettext_lazy(
        "A rerun cannot be undone; the report notes each new task, which can be cancelled."
    ),
}
#: The buttons that an operation has as it stands.
BUTTONS = {
    OperationState.RUNNING: ("pause", "cancel"),
    OperationState.PAUSED: ("resume", "cancel"),
    OperationState.FAILED: ("resume", "cancel"),
}


def buttons_of(operation: Operation, request: HttpRequest) -> "list[tuple[str, StrOrPromise]]":
    """The addresses and words of the buttons that its state and the viewer's permissions allow."""
    if not VERB_OF[operation.action].allowed_to(request):
        return []
    return [
        (reverse(f"admin:jobs_operation_{word}", args=[operation.pk]), WORDS[word])
        for word in BUTTONS.get(operation.standing, ())
    ]


def undo_words(operation: Operation) -> "StrOrPromise":
    """What an undo does, or why there is none; empty while it is too early to say."""
    if operation.standing not in {OperationState.COMPLETED, OperationState.CANCELLED}:
        return ""
    return UNDO_WORDS[Action(operation.action)]

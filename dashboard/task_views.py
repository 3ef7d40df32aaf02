"""The page of one task, and what can be done to it."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from dashboard.access import allowed, page
from dashboard.fragments import is_fragment, shown
from jobs.api.authentication import actor_of
from jobs.domain.states import ENDED, OPEN, Move, State
from jobs.domain.states import allowed as may_move
from jobs.exceptions import TaskNotFound, TransitionRefused
from jobs.models import Attempt, Task
from jobs.selectors.explain import explain
from jobs.selectors.facts import attempt_facts, task_facts
from jobs.selectors.live_logs import live_logs
from jobs.selectors.relatives import dependencies_of, reruns_of
from jobs.selectors.timeline import timeline
from jobs.services.cancel import cancel
from jobs.services.requeue import requeue

#: Attempts whose errors and tracebacks are shown; the API gives all.
MOST_ATTEMPTS = 20
#: Lines of the last attempt's log that are shown unasked.
TAIL_LINES = 30


@require_safe
@page("view_task")
def task(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """State, history, arguments, result and errors of one task."""
    row = Task.objects.filter(pk=task_id).first()
    if row is None:
        raise Http404(f"There is no task {task_id}.")
    return shown(request, "task", _facts(request, row))


@require_POST
@page("cancel_task")
def cancel_task(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Cancel it: at once while it waits, by stopping it while it runs."""
    return _do(request, task_id, cancel, "{name} is cancelled.", "{name} is being stopped.")


@require_POST
@page("requeue_task")
def requeue_task(request: HttpRequest, task_id: UUID) -> HttpResponse:
    """Give it a new life."""
    return _do(request, task_id, requeue, "{name} is queued again.", "{name} is queued again.")


def _do(
    request: HttpRequest, task_id: UUID, verb: Callable[..., Task], done: str, begun: str
) -> HttpResponse:
    status = 200
    try:
        row = verb(task_id=task_id, actor=actor_of(request))
    except TaskNotFound as error:
        raise Http404(str(error)) from error
    except TransitionRefused as error:
        status = 409
        messages.error(request, str(error))
    else:
        words = begun if row.state == State.STARTED else done
        messages.success(request, words.format(name=row.name), extra_tags=str(row.pk))
    if is_fragment(request):
        return render(request, "dashboard/notices.html", status=status)
    return redirect(_back(request, task_id))


def _back(request: HttpRequest, task_id: UUID) -> str:
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return wanted if safe else f"/tasks/{task_id}/"


def _facts(request: HttpRequest, row: Task) -> dict[str, Any]:
    state = State(row.state)
    payload = allowed(request, "view_payload")
    attempts = Attempt.objects.filter(task=row).order_by("-number")[:MOST_ATTEMPTS]
    told = {each.number: attempt_facts(each) for each in attempts} if payload else {}
    return {
        "task": row,
        "is_ended": state in ENDED,
        "shows_payload": payload,
        "may_cancel": state in OPEN and allowed(request, "cancel_task"),
        "may_requeue": may_move(Move.REQUEUE, state) and allowed(request, "requeue_task"),
        "reasons": [] if state is State.SUCCESS else explain(row),
        "steps": timeline(row),
        "payload": task_facts(row) if payload else {},
        "attempts": told,
        "tail": _tail(told),
        "live_log": live_logs([row]).get(row.pk) if payload else None,
        "reruns": reruns_of(row),
        "dependencies": dependencies_of(row),
    }


def _tail(attempts: Mapping[int, Mapping[str, Any]]) -> dict[str, Any] | None:
    """The end of the newest log there is: a log is kept when its attempt ends."""
    for number, attempt in attempts.items():
        if attempt["log"]:
            lines = attempt["log"].splitlines()
            left_out = max(0, len(lines) - TAIL_LINES)
            return {"number": number, "text": "\n".join(lines[left_out:]), "left_out": left_out}
    return None

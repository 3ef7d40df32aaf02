"""Actions on many tasks: first a page that says what would happen, then one service call."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from jobs.admin.display import badge
from jobs.admin.verbs import MOST_REASON, VERBS, Verb, reason_of, told
from jobs.domain.states import State
from jobs.models import Task

#: The most tasks that one confirmed action touches.
MOST_TASKS = 10_000
SAMPLE = 10

Action = Callable[[ModelAdmin[Task], HttpRequest, QuerySet[Task]], HttpResponse | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The chosen tasks in one state, and what becomes of them; no effect: refused."""

    badge: str
    discarded: bool
    count: int
    effect: str | None


def act(
    model_admin: ModelAdmin[Task], request: HttpRequest, tasks: QuerySet[Task], verb: Verb
) -> HttpResponse | None:
    """Ask for confirmation; when it is given, do it and say what happened."""
    newest = _upto(request)
    if newest is not None:
        tasks = tasks.filter(pk__lte=newest)
    ids = list(tasks.order_by("-pk").values_list("pk", flat=True)[: MOST_TASKS + 1])
    if request.POST.get("confirmed") != verb.name:
        return _ask(model_admin, request, ids, verb)
    report = verb.service(
        task_ids=ids[:MOST_TASKS],
        actor=request.user.get_username(),
        reason=reason_of(request),
    )
    complete = not report.refused and not report.missing
    level = messages.SUCCESS if report.done_count and complete else messages.WARNING
    model_admin.message_user(request, told(verb, report), level)
    return None


def _ask(
    model_admin: ModelAdmin[Task], request: HttpRequest, ids: Sequence[UUID], verb: Verb
) -> HttpResponse:
    chosen = ids[:MOST_TASKS]
    shares = _shares(chosen, verb)
    across = request.POST.get("select_across") == "1"
    context: dict[str, Any] = {
        **model_admin.admin_site.each_context(request),
        "title": f"{verb.label} tasks",
        "opts": model_admin.opts,
        "verb": verb,
        "shares": shares,
        "count": len(chosen),
        "done_count": sum(share.count for share in shares if share.effect),
        "is_capped": len(ids) > MOST_TASKS,
        "cap": MOST_TASKS,
        "sample": Task.objects.filter(pk__in=chosen[:SAMPLE]).only("pk", "name", "state"),
        "across": across,
        "upto": chosen[0] if across and chosen else "",
        "selected": chosen[:1] if across else chosen,
        "checkbox_name": ACTION_CHECKBOX_NAME,
        "back_url": request.get_full_path(),
        "most_reason": MOST_REASON,
    }
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(request, "admin/jobs/task/confirm_action.html", context)


def _shares(ids: Sequence[UUID], verb: Verb) -> list[Share]:
    found: Counter[tuple[str, bool]] = Counter()
    for start in range(0, len(ids), 5000):
        rows = Task.objects.filter(pk__in=ids[start : start + 5000])
        found.update(
            (state, discarded_at is not None)
            for state, discarded_at in rows.values_list("state", "discarded_at")
        )
    shares = [
        Share(
            badge=badge(state, "discarded" if discarded else ""),
            discarded=discarded,
            count=count,
            effect=verb.effect_on(State(state), discarded=discarded),
        )
        for (state, discarded), count in sorted(found.items())
    ]
    return sorted(shares, key=lambda share: share.effect is None)


def _upto(request: HttpRequest) -> UUID | None:
    """The newest task of the page that was confirmed: later ones were not asked about."""
    try:
        return UUID(request.POST.get("upto", ""))
    except ValueError:
        return None


def _action(verb: Verb) -> Action:
    @admin.action(permissions=[verb.name], description=f"{verb.label} selected tasks")
    def action(
        model_admin: ModelAdmin[Task], request: HttpRequest, queryset: QuerySet[Task]
    ) -> HttpResponse | None:
        return act(model_admin, request, queryset, verb)

    action.__name__ = f"{verb.name}_selected"
    return action


ACTIONS: tuple[Action, ...] = tuple(_action(verb) for verb in VERBS.values())
ACTION_NAMES = {f"{name}_selected": verb for name, verb in VERBS.items()}

"""Actions on many tasks: first a page that says what would happen, then the deed.

A page of ticked rows is done at once. More, or all that match, is an operation in the background.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import ModelAdmin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jobs.admin.background import begin
from jobs.admin.display import badge, seen
from jobs.admin.filters import all_that_match
from jobs.admin.parameters import ParameterForm, form_for
from jobs.admin.verbs import MOST_REASON, VERBS, Verb, reason_of, told
from jobs.exceptions import InvalidSearch, PayloadWithheld
from jobs.models import Task
from jobs.selectors.pages import Survey, TaskFilter, survey

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise

#: Ticked rows up to this many are done at once: more than a page of the list has.
MOST_AT_ONCE = 200
#: The page that asks counts up to this many; beyond, the operation counts.
MOST_COUNTED = 10_000
SAMPLE = 10

Action = Callable[[ModelAdmin[Task], HttpRequest, QuerySet[Task]], HttpResponse | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The chosen tasks in one state, and what becomes of them; no effect: refused."""

    badge: str
    discarded: bool
    count: int
    effect: "StrOrPromise | None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which tasks a form means: ticked ones, or all that matched up to a moment."""

    wanted: TaskFilter
    ticked: tuple[UUID, ...] = ()
    upto: datetime | None = None

    @property
    def is_small(self) -> bool:
        """Whether they are done at once."""
        return self.upto is None and len(self.ticked) <= MOST_AT_ONCE


def act(model_admin: ModelAdmin[Task], request: HttpRequest, verb: Verb) -> HttpResponse | None:
    """Ask for confirmation; when it is given, do it or begin to, and say what happened."""
    try:
        choice = chosen(request)
    except (InvalidSearch, PayloadWithheld) as error:
        model_admin.message_user(request, seen(str(error)), messages.ERROR)
        return None
    if request.POST.get("confirmed") != verb.name:
        return _ask(model_admin, request, choice, verb, form_for(verb.asks))
    form = form_for(verb.asks, request.POST)
    if not form.is_valid():
        return _ask(model_admin, request, choice, verb, form)
    parameters = form.parameters()
    if not choice.is_small:
        return begin(request, verb.action, choice.wanted, parameters=parameters)
    report = verb.service(
        task_ids=choice.ticked,
        actor=request.user.get_username(),
        reason=reason_of(request),
        parameters=parameters,
    )
    complete = not report.refused and not report.missing
    level = messages.SUCCESS if report.done_count and complete else messages.WARNING
    model_admin.message_user(request, told(verb, report), level)
    return None


def chosen(request: HttpRequest) -> Choice:
    """What the posted form chose; of all that match, what came after the question is not meant.

    Raises:
        InvalidSearch, PayloadWithheld: the search of the list is none for this user.
    """
    if request.POST.get("select_across") == "1":
        upto = _moment(request.POST.get("upto", ""))
        return Choice(wanted=all_that_match(request, now=upto), upto=upto)
    ids = tuple(dict.fromkeys(map(UUID, request.POST.getlist(ACTION_CHECKBOX_NAME))))
    return Choice(wanted=TaskFilter(ids=frozenset(ids)), ticked=ids)


def _moment(given: str) -> datetime:
    """The moment of the question; the next millisecond when it is only being asked."""
    try:
        asked = parse_datetime(given)
    except ValueError:
        asked = None
    latest = timezone.now() + timedelta(milliseconds=1)
    return latest if asked is None or asked.tzinfo is None else min(asked, latest)


def _ask(
    model_admin: ModelAdmin[Task],
    request: HttpRequest,
    choice: Choice,
    verb: Verb,
    form: ParameterForm,
) -> HttpResponse:
    found = survey(choice.wanted, most=MOST_COUNTED, sample=SAMPLE)
    shares = _shares(found, verb)
    context: dict[str, Any] = {
        **model_admin.admin_site.each_context(request),
        "title": _("%(verb)s tasks") % {"verb": verb.label},
        "opts": model_admin.opts,
        "verb": verb,
        "form": form,
        "shares": shares,
        "count": found.count,
        "done_count": sum(share.count for share in shares if share.effect),
        "is_all": found.is_all,
        "is_small": choice.is_small,
        "sample": Task.objects.among(found.newest).only("pk", "name", "state"),
        "upto": choice.upto.isoformat() if choice.upto else "",
        "selected": choice.ticked or found.newest[:1],
        "checkbox_name": ACTION_CHECKBOX_NAME,
        "back_url": request.get_full_path(),
        "most_reason": MOST_REASON,
    }
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(request, "admin/jobs/task/confirm_action.html", context)


def _shares(found: Survey, verb: Verb) -> Sequence[Share]:
    shares = [
        Share(
            badge=badge(state, _("discarded") if discarded else ""),
            discarded=discarded,
            count=count,
            effect=verb.effect_on(state, discarded=discarded),
        )
        for (state, discarded), count in sorted(found.shares.items())
    ]
    return sorted(shares, key=lambda share: share.effect is None)


def _action(verb: Verb) -> Action:
    @admin.action(description=gettext_lazy("%(verb)s selected tasks") % {"verb": verb.label})
    def action(
        model_admin: ModelAdmin[Task], request: HttpRequest, queryset: QuerySet[Task]
    ) -> HttpResponse | None:
        return act(model_admin, request, verb)

    action.__name__ = f"{verb.name}_selected"
    return action


ACTIONS: tuple[Action, ...] = tuple(_action(verb) for verb in VERBS.values())
ACTION_NAMES = {f"{name}_selected": verb for name, verb in VERBS.items()}

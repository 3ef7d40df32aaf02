"""What the page of a group of failures shows."""

from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy, ngettext

from jobs.admin.columns import list_url
from jobs.admin.display import seen
from jobs.admin.failure_looks import capped, in_words, sparkline, status_badge
from jobs.admin.verbs import MOST_REASON, VERBS, may
from jobs.domain.triage import GIVES, Triage
from jobs.models import Failure
from jobs.selectors.facts import attempt_facts, redacted
from jobs.selectors.failures import (
    HOURS_PER_DAY,
    HOURS_PER_WEEK,
    Group,
    history,
    latest_attempts,
)
from jobs.services.failures import MOST_NOTE

PERMISSION = "jobs.triage_failures"
MOST_ATTEMPTS = 3
MOST_CHANGES = 50
MOST_ASSIGNEES = 200
_HOURS_PER_BAR = 6
_LABELS = {
    Triage.ACKNOWLEDGE: gettext_lazy("Acknowledge"),
    Triage.MUTE: gettext_lazy("Mute"),
    Triage.RESOLVE: gettext_lazy("Resolve"),
    Triage.REOPEN: gettext_lazy("Reopen"),
}


def page_context(group: Group, request: HttpRequest) -> dict[str, Any]:
    """The page's parts; without their permissions payloads and buttons are not in there at all."""
    failure, may_triage = group.failure, may(request.user, PERMISSION)
    shows_payload = may(request.user, "jobs.view_payload")
    context: dict[str, Any] = {
        "title": seen(failure.title),
        "subtitle": "",
        "failure": failure,
        "badge": status_badge(failure.status),
        "group": group,
        "dead": capped(group.standing.dead),
        "retried": capped(group.standing.retried),
        "dead_url": list_url(dead="open", state="FAILURE", q=f"failure:{failure.pk}"),
        "retried_url": list_url(state="RETRY", q=f"failure:{failure.pk}"),
        "verbs": _verbs(group, request),
        "charts": _charts(group),
        "days": _days(group),
        "changes": history(failure, limit=MOST_CHANGES),
        "shows_payload": shows_payload,
        "may_triage": may_triage,
        "most_reason": MOST_REASON,
        "most_note": MOST_NOTE,
    }
    if may_triage:
        context["triages"] = [
            (verb.value, label) for verb, label in _LABELS.items() if GIVES[verb] != failure.status
        ]
        context["assignees"] = _assignees(failure)
    if shows_payload:
        context["message"] = seen(redacted(failure.message))
        context["attempts"] = [
            (attempt, attempt_facts(attempt))
            for attempt in latest_attempts(failure, limit=MOST_ATTEMPTS)
        ]
    return context


def _verbs(group: Group, request: HttpRequest) -> list[dict[str, Any]]:
    """The actions on the group's tasks that there is something for, and that this user may."""
    dead, retried = group.standing
    counts = {"requeue": dead, "discard": dead, "cancel": retried}
    labels = {
        "requeue": ngettext(
            "Requeue %(count)s dead letter", "Requeue %(count)s dead letters", dead
        ),
        "discard": ngettext(
            "Discard %(count)s dead letter", "Discard %(count)s dead letters", dead
        ),
        "cancel": ngettext(
            "Cancel %(count)s that is still tried", "Cancel %(count)s that are still tried", retried
        ),
    }
    return [
        {
            "label": labels[word] % {"count": capped(count)},
            "danger": VERBS[word].danger,
            "url": reverse("admin:jobs_failure_act", args=[group.failure.pk, word]),
        }
        for word, count in counts.items()
        if count and VERBS[word].allowed_to(request)
    ]


def _charts(group: Group) -> list[tuple[str, str, str]]:
    """Title, drawing and words of each."""
    day, hours = group.frequency.hours[:HOURS_PER_DAY], group.frequency.hours
    week = [
        sum(hours[start : start + _HOURS_PER_BAR])
        for start in range(0, HOURS_PER_WEEK, _HOURS_PER_BAR)
    ]
    told = (
        (gettext("24 hours"), gettext("an hour"), day),
        (gettext("7 days"), gettext("six hours"), week),
    )
    return [
        (span, sparkline(counts, words=words), words)
        for span, unit, counts in told
        for words in [in_words(counts, span=span, unit=unit)]
    ]


def _days(group: Group) -> list[int]:
    """Occurrences in each of the last seven times 24 hours, the latest first."""
    hours = group.frequency.hours
    return [
        sum(hours[start : start + HOURS_PER_DAY])
        for start in range(0, HOURS_PER_WEEK, HOURS_PER_DAY)
    ]


def _assignees(failure: Failure) -> list[str]:
    """Staff that may be chosen, and whoever is by now."""
    users = get_user_model()._default_manager.filter(is_active=True, is_staff=True)  # noqa: SLF001
    names = {user.get_username() for user in users.order_by("pk")[:MOST_ASSIGNEES]}
    return sorted(names | ({failure.assignee.get_username()} if failure.assignee else set()))

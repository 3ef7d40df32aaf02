"""What the templates of the operators' pages ask for."""

from collections.abc import Iterable, Iterator
from typing import Any, cast

from django import template
from django.contrib.admin import SimpleListFilter
from django.contrib.admin.views.main import ChangeList
from django.template.context import RequestContext
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from jobs.admin import audit, display
from jobs.admin.attempts import texts_of
from jobs.admin.columns import list_url
from jobs.admin.pages import MOST_COUNTED, TaskChangeList
from jobs.admin.search_help import HELP
from jobs.admin.type_looks import percentiles
from jobs.conf import get_conf
from jobs.domain.query import FIELDS
from jobs.domain.states import State
from jobs.domain.wording import duration
from jobs.selectors.overview import Overview, overview
from jobs.selectors.stats import MOST_FAILED, Stats, stats

register = template.Library()

#: The pages of every day, in the order in which somebody on duty wants them.
ORDER = ("Task", "Failure", "QueuePause", "WorkerLease", "TaskTypes", "Operation", "System")
#: Those that have a colour of their own.
ENVIRONMENTS = frozenset({"production", "staging", "development"})

register.filter("duration", duration)
register.filter("moment", display.moment)
register.filter("seen", display.seen)
register.filter("texts", texts_of)
register.simple_tag(percentiles)


@register.filter
def since(at: Any) -> SafeString:
    """The time from a moment until now."""
    return display.since(at, now=timezone.now())


@register.filter
def until(at: Any) -> SafeString:
    """The time from now to a moment."""
    return display.until(at, now=timezone.now())


@register.filter
def one_line(text: str) -> SafeString:
    """A text from outside as one isolated line; the whole of it in the title."""
    return display.outside(text, 80)


@register.filter
def state_badge(state: str) -> SafeString:
    """Icon, word and colour of a state."""
    return display.badge(state)


@register.simple_tag(takes_context=True)
def audit_link(context: RequestContext, subject: str, subject_id: object) -> SafeString:
    """A link to what operators did to something, for those who may see it."""
    return audit.audit_link(context["request"], subject, subject_id)


@register.simple_tag(takes_context=True)
def queue_overview(context: RequestContext) -> Overview | None:
    """Whether the queue is well; the strip that follows shows the numbers of the same moment."""
    if not context["request"].user.has_perm("jobs.view_task"):
        return None
    found = overview(most_failed=MOST_FAILED)
    context["jobs_stats"] = found.stats
    return found


@register.simple_tag(takes_context=True)
def operators_pages(context: RequestContext) -> list[dict[str, Any]]:
    """The operators' pages that this user may see, those in use every day first."""
    pages = [
        {"name": page["name"], "url": page["admin_url"], "place": _place(page["object_name"])}
        for app in context.get("available_apps") or ()
        if app["app_label"] in {"jobs", "django_rq"}
        for page in app["models"]
        if page["admin_url"]
    ]
    return sorted(pages, key=lambda page: page["place"])


def _place(name: str) -> tuple[int, str]:
    return (ORDER.index(name) if name in ORDER else len(ORDER), name)


@register.inclusion_tag("admin/jobs/environment.html")
def environment_badge() -> dict[str, str]:
    """What this site is."""
    name = get_conf().environment
    return {"name": name, "look": name.lower() if name.lower() in ENVIRONMENTS else "other"}


@register.inclusion_tag("admin/jobs/live_strip.html", takes_context=True)
def live_strip(context: RequestContext) -> dict[str, Any]:
    """The present numbers as links; a script keeps them present."""
    user = context["request"].user
    if not user.has_perm("jobs.view_task"):
        return {"tiles": []}
    now = context.get("jobs_stats") or stats(most_failed=MOST_FAILED)
    return {"tiles": list(_tiles(now)), "at": timezone.now()}


def _tiles(now: Stats) -> Iterator[dict[str, Any]]:
    for name, word, count, url in (
        ("waiting", _("Waiting"), sum(now.queued.values()), list_url(state=State.PENDING)),
        ("running", _("Running"), now.active_tasks, list_url(state=State.STARTED)),
        ("retrying", _("Retrying"), now.retrying, list_url(state=State.RETRY)),
        ("scheduled", _("Scheduled"), now.scheduled, list_url(state=State.SCHEDULED)),
        ("failed", _("Failed"), now.failed_tasks, list_url(dead="open")),
        ("succeeded", _("Succeeded"), now.success_tasks, list_url(state=State.SUCCESS)),
        ("workers", _("Workers"), now.workers_online, reverse("admin:jobs_workerlease_changelist")),
    ):
        more = name == "failed" and count > MOST_FAILED
        shown = f"{MOST_FAILED:,}+" if more else f"{count:,}"
        yield {"name": name, "word": word, "count": shown, "url": url}


@register.inclusion_tag("admin/jobs/task/state_tabs.html", takes_context=True)
def state_tabs(context: RequestContext) -> dict[str, Any]:
    """The states as tabs, with counts where they are known and no filter narrows the list."""
    changes: TaskChangeList = context["cl"]
    spec = next(spec for spec in _specs(changes) if spec.parameter_name == "state")
    counts = changes.state_counts
    choices: Iterable[Any] = spec.choices(changes)
    return {
        "choices": [choice | {"count": counts.get(choice["state"] or None)} for choice in choices],
        "most": MOST_COUNTED,
    }


def _specs(changes: ChangeList) -> list[SimpleListFilter]:
    return cast(list[SimpleListFilter], changes.filter_specs)


@register.simple_tag(takes_context=True)
def list_filters(context: RequestContext) -> list[dict[str, Any]]:
    """The filters beside the state, as the choices of drop-down lists."""
    changes: ChangeList = context["cl"]
    return [
        {
            "name": spec.parameter_name,
            "title": spec.title,
            "value": spec.value() or "",
            "kind": getattr(spec, "kind", ""),
            "moment": getattr(spec, "moment", None),
            "choices": [(value, str(words)) for value, words in spec.lookup_choices],
        }
        for spec in _specs(changes)
        if spec.parameter_name != "state"
    ]


@register.simple_tag
def search_help() -> list[tuple[str, Any]]:
    """An example of each field of the search, and what it finds."""
    return [(example, HELP[name]) for name, example in FIELDS.items()]

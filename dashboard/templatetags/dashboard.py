"""What the pages' templates ask for: badges, times, and text from outside made harmless."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.template.context import RequestContext
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dashboard.access import allowed
from dashboard.charts import NONE, lasted
from jobs.admin import display
from jobs.admin.charts import sparkline
from jobs.admin.type_looks import percentiles
from jobs.domain.states import State
from jobs.domain.wording import duration, in_utc, relative
from jobs.models import Task
from jobs.selectors.explain import Reason
from jobs.selectors.facts import redacted
from jobs.selectors.series import Minute

register = template.Library()

register.filter("duration", duration)
register.filter("pretty", display.pretty)
register.filter("seen", display.seen)
register.filter("lasted", lasted)
register.simple_tag(percentiles)

#: An id's last letters tell tasks of one moment apart; its first ones are that moment.
SHORT_ID = 8


@register.filter
def badge(state: str) -> SafeString:
    """Icon and word of a state, in its colour."""
    look = display.LOOKS[State(state)]
    return format_html(
        '<span class="badge {}">{}<span>{}</span></span>',
        state.lower(),
        display.icon(look.path),
        look.word,
    )


@register.filter
def short(task_id: Any) -> str:
    """The end of an id, enough to tell tasks apart by eye."""
    return str(task_id)[-SHORT_ID:]


@register.filter
def ago(at: datetime | str | None) -> SafeString:
    """How long ago, or in how long; a script lets it run on. The title tells the moment."""
    moment = parse_datetime(at) if isinstance(at, str) else at
    if moment is None:
        return SafeString(NONE)
    return format_html(
        '<time datetime="{}" title="{}" data-ago>{}</time>',
        moment.isoformat(),
        timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S %Z"),
        relative(moment, now=timezone.now()),
    )


@register.filter
def lasting(at: datetime) -> SafeString:
    """How long it lasts already; a script lets it run on."""
    return display.since(at, now=timezone.now())


@register.filter
def so_long(at: str | None) -> str:
    """How long it lasts already, of a moment that a message told."""
    began = parse_datetime(at) if at else None
    return duration((timezone.now() - began).total_seconds()) if began else ""


@register.filter
def seconds_ago(seconds: float) -> SafeString:
    """How long ago something was that many seconds ago."""
    return ago(timezone.now() - timedelta(seconds=seconds))


@register.simple_tag(takes_context=True)
def may(context: RequestContext, verb: str) -> bool:
    """Whether who looks at the page holds a permission."""
    return allowed(context["request"], verb)


@register.filter
def line(minutes: Sequence[Minute], words: str) -> SafeString:
    """What ended in each of some minutes, as a small drawing."""
    return sparkline([each.ended for each in minutes], words)


@register.filter
def told(reason: Reason) -> str:
    """Why a task stands where it stands; how far the moments in it are away runs on."""
    said, rest = SafeString(""), display.seen(reason.message)
    for each in reason.moments:
        before, _, rest = rest.partition(str(each))
        said = format_html(
            '{}{}<span class="moment">{}</span> ({})',
            said,
            before,
            in_utc(each.at),
            ago(each.at),
        )
    return format_html("{}{}", said, rest)


@register.filter
def get(mapping: dict[Any, Any], key: Any) -> Any:
    """The value of a key that a variable holds; None when there is none."""
    return mapping.get(key)


@register.filter
def field(task: Task, name: str) -> Any:
    """The value of a column."""
    return getattr(task, name)


@register.filter
def error_of(task: Task) -> str:
    """The last error, without what is secret; only for those who may see payloads."""
    return str(redacted(task.error) or "")


@register.filter
def fullest(queues: dict[str, dict[str, int]]) -> int:
    """How much the fullest queue holds."""
    return max((queue["pending"] + queue["running"] for queue in queues.values()), default=0)


@register.filter
def share(count: float, most: float) -> float:
    """A count in hundredths of the most there is."""
    return round(100 * count / max(1, most), 2)

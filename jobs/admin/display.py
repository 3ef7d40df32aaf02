"""How states, durations, moments and hostile text look on the operators' pages."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _

from jobs.domain.states import State
from jobs.domain.wording import duration

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise as StrOrPromise


@dataclass(frozen=True, slots=True)
class Look:
    """The word and icon of a state; the icon is the path of a 16 by 16 drawing."""

    word: "StrOrPromise"
    path: str


LOOKS = MappingProxyType(
    {
        State.SCHEDULED: Look(_("Scheduled"), "M8 2a6 6 0 1 0 .01 0M8 5v3.2l2.2 1.6"),
        State.BLOCKED: Look(
            _("Blocked"), "M5.2 7.5V5.3a2.8 2.8 0 0 1 5.6 0v2.2M3.8 7.5h8.4v5.7H3.8z"
        ),
        State.PENDING: Look(_("Pending"), "M3 8h.01M8 8h.01M13 8h.01"),
        State.STARTED: Look(_("Started"), "M5 3.2v9.6L12.8 8z"),
        State.RETRY: Look(_("Retry"), "M13 8a5 5 0 1 1-1.6-3.7M13.2 1.8v3h-3"),
        State.SUCCESS: Look(_("Success"), "M2.8 8.6l3.4 3.4 7-7.6"),
        State.FAILURE: Look(_("Failure"), "M3.8 3.8l8.4 8.4M12.2 3.8l-8.4 8.4"),
        State.REVOKED: Look(_("Revoked"), "M8 2a6 6 0 1 0 .01 0M3.9 3.9l8.2 8.2"),
    }
)

#: Characters that reorder, hide or break the text around them.
UNSEEN = (
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_UNSEEN = re.compile(UNSEEN)


def icon(path: str) -> SafeString:
    """A drawing that says nothing to screen readers: a word stands beside it."""
    return format_html(
        '<svg class="jobs-icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">'
        '<path d="{}"/></svg>',
        path,
    )


def badge(state: str, note: str = "") -> SafeString:
    """Icon, word and colour of a state, and a short remark behind it."""
    look = LOOKS[State(state)]
    shown = format_html(
        '<span class="jobs-badge jobs-{}">{}{}</span>', state.lower(), icon(look.path), look.word
    )
    if not note:
        return shown
    return format_html('{} <span class="jobs-remark">{}</span>', shown, note)


def moment(at: datetime | None) -> str:
    """A date and time in the site's zone; a script turns it into the viewer's."""
    if at is None:
        return "-"
    local = timezone.localtime(at)
    return format_html(
        '<time datetime="{}" data-moment title="{}">{}</time>',
        at.isoformat(),
        local.strftime("%Y-%m-%d %H:%M:%S %Z"),
        local.strftime("%Y-%m-%d %H:%M:%S"),
    )


def since(at: datetime, *, now: datetime) -> SafeString:
    """The time from a moment until now, which a script lets run on."""
    return format_html(
        '<time datetime="{}" data-since>{}</time>',
        at.isoformat(),
        duration((now - at).total_seconds()),
    )


def until(at: datetime, *, now: datetime) -> SafeString:
    """The time from now to a moment, which a script counts down."""
    return format_html(
        '<time datetime="{}" data-until>{}</time>',
        at.isoformat(),
        duration((at - now).total_seconds()),
    )


def seen(text: str) -> str:
    r"""The text with every invisible or reordering character spelled out, as `\u202e`."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def preview(text: str, length: int) -> str:
    """One line of at most so many characters of a text from outside, not yet escaped."""
    line = " ".join(text[: length * 2].split())
    return seen(line if len(line) <= length else line[: length - 1] + "…")


def pretty(value: object) -> str:
    """A JSON value, indented, not yet escaped."""
    return seen(json.dumps(value, indent=2, ensure_ascii=False))


def outside(text: str, length: int, css: str = "") -> SafeString:
    """A text from outside in one isolated line; the whole of it in the title."""
    return format_html(
        '<bdi class="jobs-text {}" title="{}">{}</bdi>',
        css,
        seen(text[:500]),
        preview(text, length),
    )


NOTHING = mark_safe('<span class="jobs-none" aria-label="none">&ndash;</span>')

"""How failures in groups look: the badge of their status, and the drawing of their frequency."""

from collections.abc import Sequence
from types import MappingProxyType

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_lazy

from jobs.admin.display import icon
from jobs.domain.triage import FailureStatus
from jobs.store.failed_tasks import MOST_COUNTED

#: The word, drawing and colour of each status.
LOOKS = MappingProxyType(
    {
        FailureStatus.NEW: (gettext_lazy("New"), "M8 3v6M8 12.6h.01", "failure"),
        FailureStatus.REGRESSED: (
            gettext_lazy("Regressed"),
            "M13 8a5 5 0 1 1-1.6-3.7M13.2 1.8v3h-3",
            "failure",
        ),
        FailureStatus.ACKNOWLEDGED: (
            gettext_lazy("Acknowledged"),
            "M1.5 8s2.5-4.5 6.5-4.5S14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8M8 8h.01",
            "retry",
        ),
        FailureStatus.MUTED: (
            gettext_lazy("Muted"),
            "M3 6v4h2.5L9 13V3L5.5 6zM11.5 6.2l3 3.6M14.5 6.2l-3 3.6",
            "revoked",
        ),
        FailureStatus.RESOLVED: (gettext_lazy("Resolved"), "M2.8 8.6l3.4 3.4 7-7.6", "success"),
    }
)
_BAR, _GAP, _HEIGHT = 4, 1, 24


def status_badge(status: str) -> SafeString:
    """Icon, word and colour of a status."""
    word, path, colour = LOOKS[FailureStatus(status)]
    return format_html(
        '<span class="jobs-badge jobs-{}">{}{}</span>', colour, icon(path), str(word)
    )


def sparkline(counts: Sequence[int], *, words: str) -> SafeString:
    """Bars for counts given from the latest back, drawn with the latest at the right.

    `words` say the same to those who do not see them.
    """
    most = max(counts, default=0)
    bars = format_html_join(
        "",
        '<rect x="{}" y="{}" width="{}" height="{}"/>',
        (
            (place * (_BAR + _GAP), _HEIGHT - height, _BAR, height)
            for place, height in enumerate(_heights(reversed(counts), most))
            if height
        ),
    )
    width = len(counts) * (_BAR + _GAP) - _GAP
    return format_html(
        '<svg class="jobs-sparkline" viewBox="0 0 {} {}" width="{}" height="{}" role="img" '
        'preserveAspectRatio="xMinYMax" aria-label="{}"><title>{}</title>'
        '<path class="jobs-sparkline-ground" d="M0 {}H{}"/>{}</svg>',
        width,
        _HEIGHT,
        width,
        _HEIGHT,
        words,
        words,
        _HEIGHT - 0.5,
        width,
        bars,
    )


def in_words(counts: Sequence[int], *, span: str, unit: str) -> str:
    """What a sparkline shows."""
    total, most = sum(counts), max(counts, default=0)
    if not total:
        return gettext("none in %(span)s") % {"span": span}
    return gettext("%(total)s in %(span)s, at most %(most)s in %(unit)s, %(last)s in the last") % {
        "total": f"{total:,}",
        "span": span,
        "most": f"{most:,}",
        "unit": unit,
        "last": f"{counts[0]:,}",
    }


def capped(count: int) -> str:
    """A count that goes no further than `MOST_COUNTED`."""
    return f"{MOST_COUNTED:,}+" if count > MOST_COUNTED else f"{count:,}"


def _heights(counts: "reversed[int]", most: int) -> list[int]:
    """At least one where there was anything at all."""
    return [max(1, round(count / most * _HEIGHT)) if count else 0 for count in counts]

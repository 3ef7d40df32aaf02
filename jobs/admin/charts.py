"""Small drawings in the page itself: each says in words what it shows, and needs no script."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

_LINE_HEIGHT = 20
_BARS_HEIGHT = 100
_BAR_WIDTH = 10


@dataclass(frozen=True, slots=True)
class Band:
    """One kind of what a bar is made of; `look` is the end of its CSS class."""

    word: str | Promise
    look: str
    values: Sequence[int]


def sparkline(values: Sequence[float], words: str) -> SafeString:
    """A line of values, the oldest first; `words` say what they are."""
    if not any(values):
        return format_html('<span class="jobs-none">{}</span>', _("none"))
    most = max(values)
    points = " ".join(
        f"{index},{_LINE_HEIGHT - 1 - (_LINE_HEIGHT - 2) * value / most:.1f}"
        for index, value in enumerate(values)
    )
    told = _("%(words)s: %(last)g now, %(most)g at most") % {
        "words": words,
        "last": values[-1],
        "most": most,
    }
    return format_html(
        '<svg class="jobs-spark" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" '
        'aria-label="{}"><title>{}</title><polyline points="{}"/></svg>',
        max(1, len(values) - 1),
        _LINE_HEIGHT,
        told,
        told,
        points,
    )


def bars(bands: Sequence[Band], words: str) -> SafeString:
    """Bars side by side, the bands of each on one another; `words` say what the whole is."""
    sums = [sum(column) for column in zip(*(band.values for band in bands), strict=True)]
    most = max(sums, default=0) or 1
    lower = [0.0] * len(sums)
    drawn = []
    for band in bands:
        for index, value in enumerate(band.values):
            height = _BARS_HEIGHT * value / most
            if value:
                top = _BARS_HEIGHT - lower[index] - height
                drawn.append((band.look, index * _BAR_WIDTH, f"{top:.2f}", f"{height:.2f}"))
            lower[index] += height
    return format_html(
        '<svg class="jobs-bars" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" '
        'aria-label="{}">{}</svg>',
        max(1, len(sums)) * _BAR_WIDTH,
        _BARS_HEIGHT,
        words,
        format_html_join(
            "",
            '<rect class="jobs-bar-{}" x="{}" y="{}" width="9" height="{}"/>',
            drawn,
        ),
    )

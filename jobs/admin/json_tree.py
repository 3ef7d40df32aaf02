"""A JSON value as nested lists that open and close, without a script."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jobs.admin.display import seen

#: A tree shows so much and no more, however large the value is.
MOST_NODES = 500
MOST_CHILDREN = 100
MOST_LEVELS = 12
MOST_CHARACTERS = 500
#: So many levels stand open, and of those only what is no longer than this.
OPEN_LEVELS = 3
OPEN_CHILDREN = 30


class Tree:
    """The value's markup; `is_cut` tells whether something of it was left out."""

    def __init__(self, value: Any) -> None:
        self.is_cut = False
        self._left = MOST_NODES
        self.html = format_html('<div class="jobs-json">{}</div>', self._node("", value, level=0))

    def _node(self, label: str, value: Any, *, level: int) -> SafeString:
        self._left -= 1
        if not isinstance(value, dict | list) or not value:
            return format_html("{}{}", label, self._leaf(value))
        if level >= MOST_LEVELS:
            self.is_cut = True
            return format_html('{}<span class="jobs-json-more">{}</span>', label, _size(value))
        is_open = level < OPEN_LEVELS and len(value) <= OPEN_CHILDREN
        return format_html(
            "<details{}><summary>{}{}</summary><ul>{}</ul></details>",
            SafeString(" open") if is_open else "",
            label,
            format_html('<span class="jobs-json-more">{}</span>', _size(value)),
            format_html_join("", "<li>{}</li>", self._children(value, level=level + 1)),
        )

    def _children(self, value: Any, *, level: int) -> Iterator[tuple[SafeString]]:
        pairs: Iterable[tuple[str | int, Any]]
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for shown, (key, item) in enumerate(pairs):
            if shown >= MOST_CHILDREN or self._left <= 0:
                self.is_cut = True
                more = _("… %(count)s more") % {"count": f"{len(value) - shown:,}"}
                yield (format_html('<span class="jobs-json-more">{}</span>', more),)
                return
            name = seen(self._cut(str(key)))
            label = format_html('<bdi class="jobs-json-key">{}</bdi>: ', name)
            yield (self._node(label, item, level=level),)

    def _leaf(self, value: Any) -> SafeString:
        kind = "text" if isinstance(value, str) else "other"
        shown = self._cut(value) if isinstance(value, str) else value
        told = seen(json.dumps(shown, ensure_ascii=False))
        return format_html('<bdi class="jobs-json-{}">{}</bdi>', kind, told)

    def _cut(self, text: str) -> str:
        if len(text) <= MOST_CHARACTERS:
            return text
        self.is_cut = True
        return text[:MOST_CHARACTERS] + "…"


def _size(value: dict[str, Any] | list[Any]) -> str:
    count = {"count": len(value)}
    if isinstance(value, dict):
        return "{ " + ngettext("%(count)d field", "%(count)d fields", len(value)) % count + " }"
    return "[ " + ngettext("%(count)d item", "%(count)d items", len(value)) % count + " ]"

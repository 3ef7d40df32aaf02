"""What a task is about, in the site's own words: links from arguments to its objects."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from django.contrib.admin.utils import quote as quoted_key
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Left
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from jobs.admin.display import seen
from jobs.conf import IS_MODEL, get_conf
from jobs.selectors.facts import redacted, redactor

#: A longer value names no object.
MOST_CHARACTERS = 100
_PREFIX = "object_"
#: What JSON writes for what is no text and no number.
_NO_NAME = re.compile(r"\s*[{\[].*|null|true|false", re.DOTALL | re.IGNORECASE)


def object_columns() -> dict[str, Combinable]:
    """What to annotate tasks with for `links_of_row`: of each argument only its beginning."""
    return {
        f"{_PREFIX}{place}": Left(KeyTextTransform(name, "kwargs"), MOST_CHARACTERS + 1)
        for place, name in enumerate(_names())
    }


def links_of_row(row: object) -> SafeString:
    """The links of a task that was annotated."""
    values = {name: getattr(row, f"{_PREFIX}{place}") for place, name in enumerate(_names())}
    return _links(values)


def links_of_arguments(kwargs: Mapping[str, Any]) -> SafeString:
    """The links of a task whose arguments were read."""
    values = {name: kwargs.get(name) for name in _names()}
    plain = {name: value for name, value in values.items() if isinstance(value, str | int | float)}
    return _links(plain)


def _names() -> list[str]:
    return [name for name in get_conf().object_links if not redactor().hides(name)]


def _links(values: Mapping[str, object]) -> SafeString:
    return format_html_join(" ", '<a class="jobs-object" href="{}">{}</a>', _pairs(values))


def _pairs(values: Mapping[str, object]) -> Iterator[tuple[str, SafeString]]:
    for name, value in values.items():
        text = "null" if value is None else str(value)
        if len(text) > MOST_CHARACTERS or _NO_NAME.fullmatch(text) or redacted(text) != text:
            continue
        url = _address(get_conf().object_links[name], text) if text else ""
        if url:
            yield url, format_html("<bdi>{} {}</bdi>", seen(name), seen(text))


def _address(target: str, value: str) -> str:
    """The object's page; "" for a model without pages in the admin."""
    if not IS_MODEL.fullmatch(target):
        return target.replace("{}", quote(value, safe=""))
    try:
        return reverse(f"admin:{target.lower().replace('.', '_')}_change", args=[quoted_key(value)])
    except NoReverseMatch:
        return ""

"""Pages of which scripts ask for the part that changes."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

#: Scripts ask with this header for the part of a page that changed.
FRAGMENT_HEADER = "X-Fragment"


def is_fragment(request: HttpRequest) -> bool:
    """Whether a script asks, for a part of the page."""
    return FRAGMENT_HEADER in request.headers


def shown(request: HttpRequest, name: str, context: Mapping[str, Any]) -> HttpResponse:
    """The page `NAME.html`, or of it `NAME_body.html` alone where a script asks."""
    template = f"{name}_body" if is_fragment(request) else name
    return render(request, f"dashboard/{template}.html", dict(context))

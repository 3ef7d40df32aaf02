"""The ground of the operators' pages: whatever is done on one is kept as done in the admin."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern

from jobs.admin.harmless import HarmlessAdmin
from jobs.domain.audit import Door
from jobs.services.audit import through

M = TypeVar("M", bound=Model)


class OperatorsAdmin(HarmlessAdmin[M]):
    """In place of Django's `ModelAdmin`: each of its addresses is entered by the admin's door."""

    @property
    def urls(self) -> list[URLPattern]:
        """Those of `get_urls`, whoever adds to them."""
        return [_behind(pattern) for pattern in super().urls]


def _behind(pattern: URLPattern) -> URLPattern:
    view: Callable[..., HttpResponse] = pattern.callback

    @wraps(view)
    def entered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with through(Door.ADMIN, request):
            return view(request, *args, **kwargs)

    return URLPattern(pattern.pattern, entered, pattern.default_args, pattern.name)

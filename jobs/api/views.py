"""The ground of every call of the API."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs.api.forms import ReasonForm, printable, read
from jobs.api.permissions import may
from jobs.api.problems import refuse
from jobs.models import Task
from jobs.selectors.facts import task_line, without_payload

#: A UUID as callers may write it: with dashes, or with none.
UUID_PATTERN = (
    "[0-9a-fA-F]{32}|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
)
UUID_TEXT = re.compile(UUID_PATTERN)


class ApiView(APIView):
    """A call of the API; `verbs` says which permission of Task each method asks for."""

    verbs: ClassVar[Mapping[str, str]] = {"GET": "view_task"}
    http_method_names = ["get", "head", "post", "delete"]

    @property
    def default_response_headers(self) -> dict[str, str]:
        """What one caller may see is kept for nobody else: no cache between is told by a header."""
        return super().default_response_headers | {"Cache-Control": "no-store"}

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        """DRF takes a body whose length is not told for none: a chunked one has to be announced."""
        if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
            request.META["CONTENT_LENGTH"] = "-1"
        return super().initialize_request(request, *args, **kwargs)


class UnknownAddress(APIView):
    """Whatever no other pattern takes."""

    permission_classes = ()
    authentication_classes = ()
    schema = None

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Response:
        """404, for every method."""
        raise NotFound("There is nothing at this address; the calls are described at /docs.")


def task_id_of(given: str, *, field: str = "task_id") -> UUID:
    """The id in an address or a cursor; InvalidInput when it is not one."""
    if not UUID_TEXT.fullmatch(given):
        shown = given if len(given) <= 60 else f"{given[:60]}…"
        refuse(field, f"must be a UUID, not {shown!r}")
    return UUID(given)


def reason_of(request: Request) -> str:
    """The `reason` of a body that may be empty."""
    return printable("reason", read(ReasonForm, request.data).reason)


def shown(request: Request, facts: dict[str, Any]) -> dict[str, Any]:
    """A task's facts, as far as this caller may see them."""
    return facts if may(request, "view_payload") else without_payload(facts)


def shown_line(task: Task, *, payload: bool) -> dict[str, Any]:
    """A task for a list."""
    facts = task_line(task)
    return facts if payload else without_payload(facts)


def address_after(request: Request, name: str, cursor: UUID | str | None, *of: UUID) -> str | None:
    """The address of the page that follows, with the filters of this one; None at the end.

    `of` is what the address names.
    """
    if not cursor:
        return None
    query = request.query_params.copy()
    query["cursor"] = str(cursor)
    return f"{reverse(name, args=of)}?{query.urlencode()}"

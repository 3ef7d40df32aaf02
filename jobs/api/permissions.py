"""What a caller may do: one Django permission per verb."""

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.http import HttpRequest
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from jobs.conf import get_conf

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which reads the settings, which name this module

#: What callers without an account may do where `JOBS["ANONYMOUS_ACCESS"]` is set.
ANONYMOUS_VERBS = frozenset(
    {"view_task", "view_payload", "submit_task", "cancel_task", "requeue_task"}
)
#: What a token may do that only reads.
READ_VERBS = frozenset({"view_task", "view_payload", "view_audit"})
SAFE_METHODS = frozenset({"GET", "HEAD"})


class HasVerb(BasePermission):
    """The view's `verbs` name the permission of each method; a method without one is refused."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Whether the caller holds the permission that this method asks for."""
        if _method(request) not in view.allowed_methods:
            return True  # 405 says more than 403
        verb = verb_of(request, view)
        if verb is None:
            return False
        self.message = (
            "This token may only read."
            if _only_reads(request) and verb not in READ_VERBS
            else f"This needs the permission jobs.{verb}."
        )
        return may(request, verb)


def verb_of(request: Request, view: "APIView") -> str | None:
    """The permission that this call asks for; None when its view names none."""
    verb: str | None = getattr(view, "verbs", {}).get(_method(request))
    return verb


def _method(request: Request) -> str:
    return "GET" if request.method == "HEAD" else request.method or ""


def may(request: HttpRequest | Request, verb: str) -> bool:
    """Whether the caller may do this: `verb` is a permission of the model Task."""
    if _only_reads(request) and verb not in READ_VERBS:
        return False
    if request.user.is_authenticated:
        return request.user.has_perm(f"jobs.{verb}")
    return verb in ANONYMOUS_VERBS and anonymous_access(request)


def _only_reads(request: HttpRequest | Request) -> bool:
    """Whether the caller came with a token that only reads."""
    return isinstance(request, Request) and getattr(request.auth, "read_only", False)


def anonymous_access(request: HttpRequest | Request) -> bool:
    """Whether callers without an account are let in: development settings, from this machine only.

    A browser also runs other sites' pages on this machine: a request that one of them makes does
    not count as local, nor does one that came through a proxy.
    """
    if not get_conf().anonymous_access:
        return False
    meta = request.META
    if "HTTP_X_FORWARDED_FOR" in meta or "HTTP_FORWARDED" in meta:
        return False
    if not _is_loopback(meta.get("REMOTE_ADDR", "")):
        return False
    return request.method in SAFE_METHODS or _same_origin(request)


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _same_origin(request: HttpRequest | Request) -> bool:
    origin = request.META.get("HTTP_ORIGIN")
    return origin is None or urlsplit(origin).netloc == request.get_host()

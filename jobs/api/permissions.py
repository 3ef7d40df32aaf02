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
SAFE_METHODS = frozenset({"GET", "HEAD"})


class HasVerb(BasePermission):
    """The view's `verbs` name the permission of each method; a method without one is refused."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Whether the caller holds the permission that this method asks for."""
        method = "GET" if request.method == "HEAD" else request.method or ""
        if method not in view.allowed_methods:
            return True  # 405 says more than 403
        verb = getattr(view, "verbs", {}).get(method)
        return verb is not None and may(request, verb)


def may(request: HttpRequest | Request, verb: str) -> bool:
    """Whether the caller may do this: `verb` is a permission of the model Task."""
    if request.user.is_authenticated:
        return request.user.has_perm(f"jobs.{verb}")
    return verb in ANONYMOUS_VERBS and anonymous_access(request)


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

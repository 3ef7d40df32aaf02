"""Who calls: a session with its CSRF token, or nobody."""

from django.http import HttpRequest
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request


class SessionLogin(SessionAuthentication):
    """Django's session; a caller without one gets 401, a session without its CSRF token 403."""

    def authenticate_header(self, request: Request) -> str:
        """What makes the missing login a 401; not a scheme that browsers ask a password for."""
        return "Session"

    def enforce_csrf(self, request: Request) -> None:
        """As Django's middleware does for pages, with a code of its own."""
        try:
            super().enforce_csrf(request)
        except PermissionDenied as refusal:
            raise PermissionDenied(str(refusal.detail), code="csrf_failed") from None


def actor_of(request: HttpRequest | Request) -> str:
    """The name under which this caller's deeds are recorded."""
    return request.user.get_username() or "anonymous"

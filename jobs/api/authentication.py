"""Who calls: a program with its token, a person with a session and its CSRF token, or nobody."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from jobs.api import callers
from jobs.domain.tokens import digest_of, is_token
from jobs.models import ApiToken
from jobs.services.tokens import note_use

#: A token's last use is written at most this often.
NOTED = timedelta(minutes=1)


class CachedToken(BaseAuthentication):
    """`Authorization: Bearer tq_…`; what it stands for is remembered for some seconds."""

    def authenticate_header(self, request: Request) -> str:
        """The scheme that an answer without a valid login asks for."""
        return "Bearer"

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, ApiToken] | None:
        """The token's user and its row; None when the header is not about tokens.

        Raises:
            AuthenticationFailed: the token is unknown, expired or revoked, or its user inactive.
        """
        token = bearer_of(request.META.get("HTTP_AUTHORIZATION", ""))
        return None if token is None else caller_with(token)


def bearer_of(authorization: str) -> str | None:
    """The token of an `Authorization` header; None when that is not about tokens."""
    scheme, _, given = authorization.partition(" ")
    return given.strip() if scheme.lower() == "bearer" else None


def caller_with(token: str) -> tuple[AbstractBaseUser, ApiToken]:
    """The token's user and its row, remembered or read. Raises AuthenticationFailed, as above."""
    known = callers.tokens.get(token)
    if known is not None:
        return known
    row = _row_of(token)
    callers.with_permissions(row.user)
    left = callers.REMEMBERED_SECONDS
    if row.expires_at is not None:
        left = min(left, (row.expires_at - timezone.now()).total_seconds())
    callers.tokens.put(token, (row.user, row), seconds=left)
    return row.user, row


def _row_of(token: str) -> ApiToken:
    """The valid token's row, its use noted."""
    row = None
    if is_token(token):
        rows = ApiToken.objects.select_related("user")
        row = rows.filter(digest=digest_of(token)).first()
    if row is None:
        raise AuthenticationFailed("There is no such token.", code="token_unknown")
    now = timezone.now()
    if row.revoked_at is not None:
        raise AuthenticationFailed("This token was revoked.", code="token_revoked")
    if row.is_expired(now):
        raise AuthenticationFailed("This token has expired.", code="token_expired")
    if not row.user.is_active:
        raise AuthenticationFailed("This token's user is inactive.", code="user_inactive")
    if row.last_used_at is None or now - row.last_used_at >= NOTED:
        note_use(token_id=row.pk, now=now)
    return row


class CachedSession(SessionAuthentication):
    """Django's session, remembered for some seconds; its CSRF token is asked for each time.

    A caller without a session gets 401, a session without its CSRF token 403.
    """

    def authenticate(self, request: Request) -> tuple[AbstractBaseUser, None] | None:
        """The user who is logged in; None for nobody."""
        cookie = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        if cookie is None:
            return super().authenticate(request)
        user = callers.sessions.get(cookie)
        if user is not None:
            self.enforce_csrf(request)
            return user, None
        found: tuple[AbstractBaseUser, None] | None = super().authenticate(request)
        if found is not None:
            callers.sessions.put(cookie, callers.with_permissions(found[0]))
        return found

    def enforce_csrf(self, request: Request) -> None:
        """As Django's middleware does for pages, with a code of its own."""
        try:
            super().enforce_csrf(request)
        except PermissionDenied as refusal:
            raise PermissionDenied(str(refusal.detail), code="csrf_failed") from None


def actor_of(request: HttpRequest | Request) -> str:
    """The name under which this caller's deeds are recorded."""
    return request.user.get_username() or "anonymous"

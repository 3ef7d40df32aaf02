"""Who comes to a socket or a stream, and what they may see: asked at the door, and again later."""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest
from django.http.cookie import parse_cookie
from rest_framework.request import Request

from jobs.api import callers
from jobs.api.authentication import bearer_of, caller_with
from jobs.api.permissions import READ_VERBS, may
from jobs.api.throttles import caller_of

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PROXIED = ("HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED")


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What somebody came with. All who came with the same are looked at once."""

    token: str | None
    session: str | None
    address: str
    proxied: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Authority:
    """Whose connections are counted together, and which of the permissions to see are theirs."""

    caller: str
    verbs: frozenset[str]


class Handshake(HttpRequest):
    """The beginning of a socket, as a request that permissions can be asked of."""

    auth: object = None


def credentials_in(scope: dict[str, Any]) -> Credentials:
    """What a socket's handshake brings."""
    headers = {f"HTTP_{_variable(name)}": value for name, value in scope["headers"]}
    meta = {name: value.decode("latin1") for name, value in headers.items()}
    address = (scope.get("client") or ("",))[0]
    return _credentials(meta | {"REMOTE_ADDR": address}, parse_cookie(meta.get("HTTP_COOKIE", "")))


def credentials_of(request: Request) -> Credentials:
    """What the call that opens a stream brings."""
    return _credentials(request.META, request.COOKIES)


def authority_of(credentials: Credentials) -> Authority:
    """What they stand for now; what was seen lately costs no query.

    A token's authority is its user's; a session beside it counts for nothing.

    Raises:
        AuthenticationFailed: the token is unknown, expired or revoked, or its user inactive.
    """
    request = Handshake()
    request.method = "GET"
    request.META = dict.fromkeys(credentials.proxied, "") | {"REMOTE_ADDR": credentials.address}
    if credentials.token is not None:
        user, request.auth = caller_with(credentials.token)
        request.user = cast("User", user)
    else:
        request.user = _user_with(credentials.session)
    return authority_in(request)


def authority_in(request: HttpRequest | Request) -> Authority:
    """What a caller who is known already may see."""
    return Authority(
        caller_of(request), frozenset(verb for verb in READ_VERBS if may(request, verb))
    )


def _credentials(meta: dict[str, Any], cookies: dict[str, str]) -> Credentials:
    return Credentials(
        token=bearer_of(meta.get("HTTP_AUTHORIZATION", "")),
        session=cookies.get(settings.SESSION_COOKIE_NAME),
        address=meta.get("REMOTE_ADDR", ""),
        proxied=tuple(name for name in PROXIED if name in meta),
    )


def _user_with(session: str | None) -> "User":
    known = callers.sessions.get(session) if session is not None else None
    if known is not None:
        return cast("User", known)
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session)
    user = get_user(request)
    if session is not None and user.is_authenticated:
        callers.sessions.put(session, callers.with_permissions(user))
    return cast("User", user)


def _variable(name: bytes) -> str:
    return name.decode("latin1").upper().replace("-", "_")

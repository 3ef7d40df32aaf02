"""Who may see and do what on the pages and sockets: the API's rules, answered as pages."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, cast

from django.contrib.auth import get_user
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers
from django.utils.log import log_response

from jobs.api.authentication import bearer_of, caller_with
from jobs.api.permissions import may
from jobs.domain.audit import Door
from jobs.services.audit import through

if TYPE_CHECKING:
    from django.contrib.auth.models import User

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

#: Everything comes from this site, and nothing is written into the page itself.
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def page(verb: str) -> Callable[[View[P]], View[P]]:
    """A page for those who hold the permission: others log in first, or are refused."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            try:
                if not allowed(request, verb):
                    if request.user.is_authenticated:
                        raise PermissionDenied(verb)
                    back = request.get_full_path() if request.method in {"GET", "HEAD"} else "/"
                    return redirect_to_login(back)
                with through(Door.DASHBOARD, request):
                    response = view(request, *args, **kwargs)
            except DatabaseError:
                response = _database_away(request)
            response["Content-Security-Policy"] = CONTENT_POLICY
            add_never_cache_headers(response)
            return response

        return guarded

    return decorate


def allowed(request: HttpRequest, verb: str) -> bool:
    """Whether the caller of a page or socket holds the permission."""
    return may(request, verb)


def bearer_token(scope: dict[str, Any]) -> str | None:
    """The API token that a socket's handshake brings in its header, if it brings one."""
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    return bearer_of(given[-1].decode("latin1")) if given else None


def socket_request(scope: dict[str, Any]) -> HttpRequest:
    """The handshake of a socket as a request that permissions can be asked of; reads its user.

    One that brings a token is its user's; a cookie beside it counts for nothing.

    Raises:
        AuthenticationFailed: the token is unknown, expired or revoked, or its user inactive.
    """
    request = HttpRequest()
    request.method = "GET"
    names = (name.decode("latin1").upper().replace("-", "_") for name, _ in scope["headers"])
    request.META = {f"HTTP_{name}": "" for name in names}
    request.META["REMOTE_ADDR"] = (scope.get("client") or ("",))[0]
    token = bearer_token(scope)
    if token is not None:
        user, _ = caller_with(token)
        request.user = cast("User", user)
    else:
        request.session = scope["session"]
        request.user = get_user(request)
    return request


def _database_away(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(render_to_string("503.html"), status=503)
    response["Retry-After"] = "5"
    log_response("The database does not answer: %s", request.path, response=response)
    return response

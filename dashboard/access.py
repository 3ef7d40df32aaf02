"""Who may see and do what on the pages: the API's rules, answered as pages."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers
from django.utils.log import log_response

from jobs.api.permissions import may
from jobs.domain.audit import Door
from jobs.services.audit import through

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
    """Whether the caller of a page holds the permission."""
    return may(request, verb)


def _database_away(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(render_to_string("503.html"), status=503)
    response["Retry-After"] = "5"
    log_response("The database does not answer: %s", request.path, response=response)
    return response

"""Errors outside every view: problem documents for the API, Django's pages for people."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views import defaults

from taskqueue_site.problems import problem

API = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """400: the request names a host that this site does not have, or is malformed."""
    if request.path.startswith(API):
        return problem(400, "bad_request", "The request is malformed, or its host is not allowed.")
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """500: a fault that nobody foresaw; Django has logged it."""
    if request.path.startswith(API):
        return problem(500, "internal_error", "Something went wrong here. It has been logged.")
    return defaults.server_error(request)

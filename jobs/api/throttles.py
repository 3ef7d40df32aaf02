"""How often one caller may submit, read and act."""

from typing import TYPE_CHECKING

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from jobs.api.permissions import READ_VERBS, verb_of
from jobs.broker.throttle import seconds_to_wait
from jobs.conf import get_conf
from jobs.domain.rates import Rate, rate_of
from jobs.models import ApiToken

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which reads the settings, which name this module


class FixedWindow(BaseThrottle):
    """One count for each token, each user with a session, and each address without either."""

    _seconds = 0.0

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count the call, and say whether it is within its scope's rate."""
        scope, rate = _scope(verb_of(request, view))
        if rate is not None:
            self._seconds = seconds_to_wait(f"{scope}:{caller_of(request)}", rate)
        return self._seconds <= 0

    def wait(self) -> float:
        """Seconds until the next window."""
        return self._seconds


def read_rate() -> Rate | None:
    """How often one caller may read; None for no limit."""
    return rate_of(get_conf().throttle_read)


def caller_of(request: HttpRequest | Request) -> str:
    """Whose calls are counted together."""
    auth = getattr(request, "auth", None)
    if isinstance(auth, ApiToken):
        return f"token:{auth.pk}"
    if request.user.is_authenticated:
        return f"user:{request.user.pk}"
    return f"address:{request.META.get('REMOTE_ADDR', '')}"


def _scope(verb: str | None) -> tuple[str, Rate | None]:
    """The kind of a call, and how often it is allowed; a call that needs no permission reads."""
    conf = get_conf()
    if verb is None or verb in READ_VERBS:
        return "read", read_rate()
    if verb == "submit_task":
        return "submit", rate_of(conf.throttle_submit)
    return "act", rate_of(conf.throttle_act)

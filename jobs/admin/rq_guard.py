"""What stands before every page of django-rq: who may see it, who may press its buttons.

django-rq asks only whether a user is staff.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django_rq.settings import get_queues_list

from jobs.admin.verbs import CANCEL, DISCARD, REQUEUE, Verb, may
from jobs.broker.rq_lists import NoSuchJob, RedisAway, UnreadableJob, rq_errors

View = Callable[..., HttpResponse]

#: What a button on each page does, in terms of our verbs.
POSTS: dict[str, Verb] = {
    "clear": CANCEL,
    "requeue_all": REQUEUE,
    "delete_failed_jobs": DISCARD,
    "delete_job": CANCEL,
    "requeue_job": REQUEUE,
    "enqueue_job": REQUEUE,
    "stop_job": CANCEL,
}
#: The same for the two pages whose form says what to do.
BULK_PAGES = frozenset({"confirm_action", "actions"})
BULK: dict[str, Verb] = {"delete": CANCEL, "requeue": REQUEUE, "stop": CANCEL}
#: Pages that show what a plain RQ job carries.
PAYLOAD_PAGES = frozenset({"job_detail", "result_detail"})


def may_see(request: HttpRequest) -> bool:
    """Whether this user may open RQ's pages."""
    return may(request.user, "jobs.view_task") or may(request.user, "django_rq.admin")


def guarded(view: View, page: str) -> View:
    """The view behind its permission; `page` is django-rq's name of it.

    Redis away is a page that says so, a job or a queue that is not there a 404.
    """

    @wraps(view)
    def guard(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may_see(request):
            raise PermissionDenied
        if request.method not in {"GET", "HEAD"}:
            _check_post(request, page)
        elif page in PAYLOAD_PAGES and not may(request.user, "jobs.view_payload"):
            raise PermissionDenied
        _check_address(kwargs)
        try:
            with rq_errors():
                return view(request, *args, **kwargs)
        except RedisAway as error:
            return render(request, "admin/jobs/redis_away.html", {"error": error}, status=503)
        except (NoSuchJob, UnreadableJob, ImproperlyConfigured) as error:
            raise Http404(str(error)) from error

    return guard


def _check_address(parts: dict[str, Any]) -> None:
    if parts.get("queue_index", 0) >= len(get_queues_list()):
        raise Http404("There is no such queue.")
    if any("\0" in part for part in parts.values() if isinstance(part, str)):
        raise Http404("No name holds a NUL.")


def _check_post(request: HttpRequest, page: str) -> None:
    verb = BULK.get(request.POST.get("action", "")) if page in BULK_PAGES else POSTS.get(page)
    if verb is None or not verb.allowed_to(request):
        raise PermissionDenied

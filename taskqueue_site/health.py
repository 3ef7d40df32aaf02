"""Is the service well: for load balancers, orchestrators and people with curl."""

import logging
from collections.abc import Callable

from django.db import Error as DatabaseError
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from jobs.broker.connection import redis_fault
from jobs.selectors.facts import moment
from jobs.selectors.migrations import missing_migrations
from jobs.selectors.stats import stats

logger = logging.getLogger(__name__)

OK = "ok"


@require_safe
@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """The service in five fields; 503 when the rows cannot be read."""
    at = moment(timezone.now())
    try:
        numbers = stats(most_failed=0)
    except DatabaseError:
        logger.warning("The database does not answer", exc_info=True)
        return JsonResponse(
            {"status": "unhealthy", "detail": "The database does not answer.", "timestamp": at},
            status=503,
        )
    well = numbers.workers_online and not redis_fault()
    return JsonResponse(
        {
            "status": "healthy" if well else "degraded",
            "workers": numbers.workers_online,
            "pending_tasks": sum(numbers.queued.values()),
            "completed_tasks": numbers.success_tasks,
            "timestamp": at,
        }
    )


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """This process answers; nothing else is asked."""
    return JsonResponse({"status": OK})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Whether this process can do its work: 200, or 503 with what is missing."""
    checks = {name: check() for name, check in CHECKS.items()}
    ready = all(result == OK for result in checks.values())
    return JsonResponse(
        {"status": "ready" if ready else "not ready", "checks": checks},
        status=200 if ready else 503,
    )


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return f"does not answer ({type(error).__name__})"
    return OK


def _redis() -> str:
    fault = redis_fault()
    return f"does not answer ({fault})" if fault else OK


def _migrations() -> str:
    if _Migrated.once:
        return OK
    try:
        missing = missing_migrations()
    except DatabaseError:
        return "unknown: the database does not answer"
    _Migrated.once = not missing
    return f"{missing} not applied: run manage.py migrate" if missing else OK


class _Migrated:
    """Whether this process has found the database in step; the code cannot change under it."""

    once = False


CHECKS: dict[str, Callable[[], str]] = {
    "database": _database,
    "redis": _redis,
    "migrations": _migrations,
}

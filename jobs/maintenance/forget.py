"""Forget what need not be remembered any longer."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from jobs.conf import get_conf
from jobs.domain.fingerprint import KEPT_SECONDS, SLOT_SECONDS
from jobs.domain.periods import Period
from jobs.domain.task_ids import first_id
from jobs.models import FailureCount, IdempotencyKey, LiveLog, Rollup
from jobs.store.audit import erase
from jobs.store.results import forget_results

#: Rows per statement, and statements per call: others must come to their turn.
CHUNK = 1000
MOST_CHUNKS = 10
LIVE_LOG_SECONDS = 3600.0


def forget_keys() -> int:
    """Delete idempotency keys of long ago, up to `CHUNK * MOST_CHUNKS`; gives how many."""
    until = timezone.now() - timedelta(seconds=get_conf().idempotency_seconds)
    return _forget(IdempotencyKey.objects.filter(created_at__lt=until).order_by("created_at"))


def forget_failure_counts() -> int:
    """Delete counts of failures that no page tells any longer, as many; gives how many."""
    oldest = int((time.time() - KEPT_SECONDS) // SLOT_SECONDS)
    return _forget(FailureCount.objects.filter(slot__lt=oldest).order_by("slot"))


def forget_audit() -> int:
    """Erase audit entries of long ago, up to `CHUNK * MOST_CHUNKS`; gives how many."""
    before = timezone.now() - timedelta(seconds=get_conf().audit_keep_seconds)
    return _by_chunks(lambda: erase(before=before, limit=CHUNK))


def forget_reports() -> int:
    """Delete what actions of long ago did to each task, up to a bound; gives how many rows."""
    oldest = first_id(timezone.now() - timedelta(seconds=get_conf().operations_keep_seconds))
    return _by_chunks(lambda: forget_results(before=oldest, most=CHUNK))


def forget_live_logs() -> int:
    """Delete ends of logs of tasks that have long said no more, as many; gives how many."""
    before = timezone.now() - timedelta(seconds=LIVE_LOG_SECONDS)
    return _forget(LiveLog.objects.filter(at__lt=before).order_by("at"))


def forget_rollups() -> int:
    """Delete counts of long ago, each period's after its own time; gives how many rows."""
    conf, now = get_conf(), timezone.now()
    kept_seconds = {
        Period.MINUTE: conf.minute_counts_keep_seconds,
        Period.QUARTER: conf.minute_counts_keep_seconds,
        Period.HOUR: conf.hour_counts_keep_seconds,
        Period.SHIFT: conf.hour_counts_keep_seconds,
        Period.DAY: conf.day_counts_keep_seconds,
    }
    forgotten = 0
    for period, seconds in kept_seconds.items():
        old = Rollup.objects.filter(period=period.value, at__lt=now - timedelta(seconds=seconds))
        forgotten += _forget(old.order_by("at"))
    return forgotten


def _forget(old: QuerySet[Any]) -> int:
    def chunk() -> int:
        keys = list(old.values_list("pk", flat=True)[:CHUNK])
        return old.model.objects.filter(pk__in=keys).delete()[0] if keys else 0

    return _by_chunks(chunk)


def _by_chunks(forget: Callable[[], int]) -> int:
    """Let it forget up to `CHUNK` rows at a time, while that many were there to be forgotten."""
    forgotten = 0
    for _ in range(MOST_CHUNKS):
        count = forget()
        forgotten += count
        if count < CHUNK:
            break
    return forgotten

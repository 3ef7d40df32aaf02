"""Counts moved from the minutes that workers write to those that are kept."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import product
from typing import Any

from django.db import connection, transaction

from jobs.domain.histogram import added
from jobs.domain.periods import FOLDED, Period, start_of
from jobs.models import Rollup
from jobs.models.rollup import ALL
from jobs.store.rollup_rows import COLUMNS, SUMS, add_row

#: Period, queue, name, epoch second.
_Key = tuple[Period, str, str, float]


def fold(*, before: datetime, most: int) -> int:
    """Move up to `most` rows of minutes before a moment; gives how many.

    They go and their counts come in one transaction, so that each count lies in one place whoever
    is killed when. What another fold has locked, or a worker adds to just then, stays for the next
    time. The rows are written in the order of their keys, so that two folds never wait for each
    other in a ring.
    """
    with transaction.atomic():
        taken = list(
            Rollup.objects.select_for_update(skip_locked=True)
            .filter(period=Period.LIVE.value, at__lt=before)
            .order_by("at")[:most]
        )
        if not taken:
            return 0
        Rollup.objects.filter(pk__in=[row.pk for row in taken]).delete()
        sums: dict[_Key, list[Sequence[Any]]] = {}
        for row in taken:
            values = [getattr(row, column) for column in COLUMNS]
            for key in _keys(row):
                sums.setdefault(key, []).append(values)
        with connection.cursor() as cursor:
            for (period, queue, name, at), rows in sorted(sums.items()):
                add_row(cursor, period, at, queue, name, _sum(rows))
    return len(taken)


def _keys(row: Rollup) -> Iterator[_Key]:
    """The rows that a live one is a part of."""
    for period, queue, name in product(FOLDED, (row.queue, ALL), (row.name, ALL)):
        yield period, queue, name, start_of(period, row.at).timestamp()


def _sum(rows: Sequence[Sequence[Any]]) -> list[Any]:
    columns = list(zip(*rows, strict=True))
    return [*map(sum, columns[: len(SUMS)]), *map(added, columns[len(SUMS) :])]

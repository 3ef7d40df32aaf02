"""Folds that are killed at any moment: each count is in one place, and none is lost or doubled."""

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.db.models import Sum
from django.utils import timezone

from jobs.domain.outcomes import Ending, Outcome
from jobs.domain.periods import FOLDED, Period
from jobs.domain.states import Move, State
from jobs.maintenance.fold import fold
from jobs.models import Rollup
from jobs.models.rollup import EACH
from jobs.store import rollup
from tests.support.folding import folding
from tests.support.waiting import wait_for

pytestmark = [pytest.mark.acceptance, pytest.mark.django_db(transaction=True)]

BLOWS = 40
WRITERS = 2
BATCH = 8
#: The oldest of what is written late.
LATE_SECONDS = 3 * 24 * 3600


class Writers:
    """Threads that write successes of minutes that are over, of long ago too."""

    def __init__(self, seed: int) -> None:
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._seed = seed
        self.begun = 0
        """What is written or being written."""
        self.written = 0

    def write(self, number: int) -> None:
        rng = random.Random(f"{self._seed} {number}")
        try:
            while not self._stop.is_set():
                self._count("begun")
                outcomes = [_late(rng, place) for place in range(BATCH)]
                states = {outcome.task_id: State.SUCCESS for outcome in outcomes}
                with transaction.atomic(), connection.cursor() as cursor:
                    rollup.add(cursor, outcomes, states, [], now=time.time())
                self._count("written")
        finally:
            connections.close_all()

    def _count(self, name: str) -> None:
        with self._lock:
            setattr(self, name, getattr(self, name) + BATCH)

    def stop(self) -> None:
        self._stop.set()


def _late(rng: random.Random, place: int) -> Outcome:
    finished = (timezone.now() - timedelta(seconds=rng.uniform(180, LATE_SECONDS))).timestamp()
    return Outcome(
        task_id=str(place),
        fence=1,
        move=Move.SUCCEED,
        ending=Ending.SUCCEEDED,
        queued=finished - 2,
        started=finished - rng.expovariate(2),
        finished=finished,
        queue=rng.choice(("high", "low")),
        name=rng.choice(("add", "process", "calculate")),
    )


@contextmanager
def writing(seed: int) -> Iterator[Writers]:
    writers = Writers(seed)
    with ThreadPoolExecutor(WRITERS) as pool:
        running = [pool.submit(writers.write, number) for number in range(WRITERS)]
        try:
            yield writers
        finally:
            writers.stop()
    for each in running:
        each.result()


def succeeded(period: Period) -> int:
    return Rollup.objects.counted(period).aggregate(sum=Sum("succeeded"))["sum"] or 0


def folded(period: Period) -> int:
    rows = Rollup.objects.filter(period=period.value, queue="", name="")
    return rows.aggregate(sum=Sum("succeeded"))["sum"] or 0


def test_whoever_is_killed_when_each_count_moves_once(record_property):
    seed = time.time_ns() % 1_000_000
    rng = random.Random(seed)

    # given two that fold at once, as when the lead changes hands, and others that write
    with folding() as first, folding() as second, writing(seed) as writers:
        wait_for(lambda: folded(Period.EVER))

        # when they are killed at any moment
        for _ in range(BLOWS):
            time.sleep(rng.uniform(0, 0.2))  # chance, not waiting
            rng.choice((first, second)).kill()

            # then the total is exact at every look
            least = writers.written
            seen = succeeded(Period.EVER)
            assert least <= seen <= writers.begun, seed
    moved = folded(Period.EVER)

    # and in the end every level tells what was written, distributions too
    while fold():
        pass
    assert 0 < moved <= writers.written, seed
    assert not Rollup.objects.filter(period=Period.LIVE.value).exists()
    for period in FOLDED:
        for scope in ({}, {"queue": EACH}, {"name": EACH}, {"queue": EACH, "name": EACH}):
            rows = Rollup.objects.counted(period, **scope)
            told = rows.values_list("succeeded", "wait_histogram", "run_histogram")
            sums = [sum(count for count, _, _ in told)]
            sums += [sum(map(sum, histograms)) for histograms in list(zip(*told, strict=True))[1:]]
            assert sums == [writers.written] * 3, (seed, period, scope)
    record_property("told", f"{writers.written:,} counts, {moved:,} moved under {BLOWS} blows")

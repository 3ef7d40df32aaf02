"""Percentiles after counts have gone all the way from a worker's outcomes to hours and days."""

import random
from datetime import UTC, datetime
from uuid import uuid4

import numpy
import pytest
from django.db import connection, transaction

from jobs.domain.histogram import LEAST_SECONDS, RELATIVE_ERROR
from jobs.domain.outcomes import Ending, Outcome
from jobs.domain.spans import Span
from jobs.domain.states import Move, State
from jobs.maintenance.fold import fold
from jobs.selectors.charts import chart
from jobs.store import rollup

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 3, 4, 13, 7, 30, tzinfo=UTC)
SHAPES = {
    "uniform": lambda rng: rng.uniform(0.01, 20),
    "exponential": lambda rng: rng.expovariate(2),
    "lognormal": lambda rng: rng.lognormvariate(-2, 1.5),
    "constant": lambda _: 0.3,
    "bimodal": lambda rng: rng.gauss(0.05, 0.01) if rng.random() < 0.6 else rng.gauss(40, 3),
}
WRITES = 20
BATCH = 100


def ended(finished: float, seconds: float, kind: int) -> Outcome:
    return Outcome(
        task_id=str(uuid4()),
        fence=1,
        move=Move.SUCCEED,
        ending=Ending.SUCCEEDED,
        queued=finished - 3 * seconds,
        started=finished - seconds,
        finished=finished,
        queue=("high", "low")[kind % 2],
        name=f"type{kind % 3}",
    )


@pytest.mark.parametrize("shape", SHAPES)
def test_percentiles_of_every_span_are_those_of_numpy_within_the_stated_error(shape):
    rng = random.Random(shape)
    durations: list[float] = []

    # given outcomes of the last minutes, some of which are folded and some are not
    for write in range(WRITES):
        drawn = [max(LEAST_SECONDS, SHAPES[shape](rng)) for _ in range(BATCH)]
        outcomes = [
            ended(NOW.timestamp() - 30 * (write % 15), seconds, kind)
            for kind, seconds in enumerate(drawn)
        ]
        with transaction.atomic(), connection.cursor() as cursor:
            states = {outcome.task_id: State.SUCCESS for outcome in outcomes}
            rollup.add(cursor, outcomes, states, [], now=NOW.timestamp())
        durations += drawn
        if write % 5 == 3:
            fold()

    # then
    for span in Span:
        for percent in (0, 50, 90, 95, 99, 100):
            totals = chart(span, now=NOW, percent=percent).totals
            assert totals.succeeded == len(durations)
            runs = numpy.percentile(durations, percent, method="lower")
            waits = numpy.percentile([2 * each for each in durations], percent, method="lower")
            within = {"rel": RELATIVE_ERROR * 1.001, "abs": LEAST_SECONDS}
            assert totals.run_seconds == pytest.approx(runs, **within)
            assert totals.wait_seconds == pytest.approx(waits, **within)

"""What can be measured, by the name that the command line takes."""

from benchmarks import http
from benchmarks.enqueueing import enqueue, enqueue_many, enqueue_million
from benchmarks.figures import Figure, Measure
from benchmarks.latency import latency
from benchmarks.lists import lists
from benchmarks.memory import memory
from benchmarks.pages import admin, dashboard
from benchmarks.pixels import pixel
from benchmarks.publishing import publish
from benchmarks.requeueing import bulk_requeue
from benchmarks.sockets import sockets
from benchmarks.throughput import noop, noop_loaded, sleep_async, sleep_threads


def _aims(*, postgresql: float, sqlite: float) -> dict[str, float]:
    return {"postgresql": postgresql, "sqlite": sqlite}


def _both(aim: float) -> dict[str, float]:
    return _aims(postgresql=aim, sqlite=aim)


_P99 = _aims(postgresql=15, sqlite=15)
_READ = _aims(postgresql=1500, sqlite=1500)
_MANY = _aims(postgresql=80_000, sqlite=100_000)

MEASURES = {
    "noop": Measure(
        take=noop,
        figures=(Figure(name="noop", aims=_aims(postgresql=30_000, sqlite=27_000)),),
        count=60_000,
    ),
    "noop-loaded": Measure(
        take=noop_loaded,
        figures=(Figure(name="noop-loaded", aims=_aims(postgresql=20_000, sqlite=15_000)),),
        count=60_000,
        one_world=True,
    ),
    "sleep-threads": Measure(
        take=sleep_threads,
        figures=(Figure(name="sleep-threads", aims=_aims(postgresql=4_500, sqlite=4_000)),),
        count=20_000,
    ),
    "sleep-async": Measure(
        take=sleep_async,
        figures=(Figure(name="sleep-async", aims=_aims(postgresql=15_000, sqlite=10_000)),),
        count=60_000,
    ),
    "latency": Measure(
        take=latency,
        figures=(
            Figure(
                name="latency-p50",
                unit="ms",
                aims=_aims(postgresql=4, sqlite=5),
                lower_is_better=True,
            ),
            Figure(
                name="latency-p99",
                unit="ms",
                aims=_aims(postgresql=12, sqlite=15),
                lower_is_better=True,
            ),
        ),
        count=500,
    ),
    "enqueue": Measure(
        take=enqueue,
        figures=(Figure(name="enqueue", aims=_aims(postgresql=4_000, sqlite=6_000)),),
        count=5_000,
    ),
    "enqueue-many": Measure(
        take=enqueue_many,
        figures=(Figure(name="enqueue-many", aims=_MANY),),
        count=100_000,
    ),
    "enqueue-million": Measure(
        take=enqueue_million,
        figures=(
            Figure(name="enqueue-million", aims=_MANY),
            Figure(name="enqueue-million-memory", unit="MB", lower_is_better=True),
        ),
        count=1_000_000,
    ),
    "bulk-requeue": Measure(
        take=bulk_requeue,
        figures=(
            Figure(name="bulk-requeue", aims=_aims(postgresql=5_000, sqlite=5_000)),
            Figure(name="bulk-requeue-submit-p99", unit="ms", lower_is_better=True),
        ),
        count=200_000,
    ),
    "memory": Measure(
        take=memory,
        figures=(
            Figure(
                name="memory",
                unit="MB",
                aims=_aims(postgresql=90, sqlite=90),
                lower_is_better=True,
            ),
        ),
        count=20_000,
    ),
    "http-submit": Measure(
        take=http.submit,
        figures=(
            Figure(name="http-submit", unit="calls/s", aims=_aims(postgresql=800, sqlite=800)),
            Figure(name="http-submit-p99", unit="ms", aims=_P99, lower_is_better=True),
            Figure(name="http-submit-2", unit="calls/s", aims=_aims(postgresql=1300, sqlite=1300)),
            Figure(name="http-submit-2-p99", unit="ms", aims=_P99, lower_is_better=True),
        ),
        count=4_000,
    ),
    "http-bulk": Measure(
        take=http.bulk,
        figures=(Figure(name="http-bulk", aims=_aims(postgresql=20_000, sqlite=20_000)),),
        count=50_000,
    ),
    "http-read": Measure(
        take=http.read,
        figures=(
            Figure(name="http-read", unit="calls/s", aims=_READ),
            Figure(name="http-read-2", unit="calls/s", aims=_READ),
        ),
        count=5_000,
    ),
    "http-list": Measure(
        take=lists,
        figures=(
            Figure(
                name="http-list",
                unit="ms",
                aims=_aims(postgresql=100, sqlite=100),
                lower_is_better=True,
            ),
        ),
        count=400,
        one_world=True,
    ),
    "sockets": Measure(
        take=sockets,
        figures=(
            Figure(name="sockets", unit="KB", aims=_both(35), lower_is_better=True),
            Figure(name="sockets-cpu", unit="% core", aims=_both(10), lower_is_better=True),
            Figure(name="sockets-first", unit="ms", lower_is_better=True),
            Figure(name="sockets-last", unit="ms", aims=_both(250), lower_is_better=True),
        ),
        count=5_000,
    ),
    "publish": Measure(
        take=publish,
        figures=(
            Figure(name="publish", unit="% core", aims=_both(3), lower_is_better=True),
            Figure(name="publish-unwatched", unit="% core", lower_is_better=True),
        ),
        count=60_000,
    ),
    "pixel": Measure(
        take=pixel,
        figures=(
            Figure(name="pixel-task", unit="ms", aims=_both(500), lower_is_better=True),
            Figure(name="pixel-list", unit="ms", aims=_both(1000), lower_is_better=True),
        ),
        count=1_000,
        needs_browser=True,
    ),
    "admin": Measure(
        take=admin,
        figures=(
            Figure(
                name="admin",
                unit="ms",
                aims=_aims(postgresql=300, sqlite=600),
                lower_is_better=True,
            ),
        ),
        count=400,
        one_world=True,
    ),
    "dashboard": Measure(
        take=dashboard,
        figures=(
            Figure(
                name="overview",
                unit="ms",
                aims=_aims(postgresql=100, sqlite=100),
                lower_is_better=True,
            ),
            Figure(name="dashboard", unit="ms", lower_is_better=True),
        ),
        count=400,
        one_world=True,
    ),
}

"""How many calls of the API a second a web process answers, and how soon."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks import limits
from benchmarks.figures import Reading
from benchmarks.load import Client, request
from benchmarks.world import ROOT, START_SECONDS, World, until
from taskqueue_site.up.ports import free_port

#: A bulk request holds so many tasks at most, by contract.
BULK = 10_000
#: Requests that nobody counts: threads, connections and caches are made by them.
WARM_UP = 200
PROCESSES = (1, 2)
HEALTHZ = "/healthz"


@dataclass(frozen=True, slots=True)
class Site:
    """A running site of a measurement, and somebody's token."""

    port: int
    token: str
    pid: int

    def get(self, path: str) -> bytes:
        """A request that reads."""
        return request("GET", path, token=self.token)

    def post(self, path: str, body: object) -> bytes:
        """A request that writes."""
        return request("POST", path, token=self.token, body=json.dumps(body).encode())


@contextmanager
def a_site(*, processes: int, **environment: str) -> Iterator[Site]:
    """`manage.py serve` with so many processes that answer, and a token that may do all."""
    port = free_port()
    own = {"PORT": str(port), "WEB_PROCESSES": str(processes)}
    command = [sys.executable, "manage.py", "serve"]
    server = subprocess.Popen(command, cwd=ROOT, env=os.environ | own | environment)
    try:
        until(lambda: _answers(port), seconds=START_SECONDS)
        yield Site(port, _a_token(), server.pid)
    finally:
        server.terminate()
        server.wait(30)


def submit(world: World) -> tuple[Reading, ...]:
    """`POST /api/tasks/submit`, by one web process and by two, and its wait at half of that load.

    Each request writes one row and pushes one ticket; nobody takes them.
    """
    readings: list[Reading] = []
    for processes in PROCESSES:
        with a_site(processes=processes) as site, Client(site.port) as client:
            body = {"task_type": "benchmarks.noop", "priority": "default", "payload": {}}
            call = site.post("/api/tasks/submit", body)
            client.saturate([call] * min(WARM_UP, world.count))
            full = client.saturate([call] * world.count)
            half = client.pace([call] * (world.count // 2), rate=full.rate / 2)
            empty = client.saturate([site.get(HEALTHZ)] * world.count)
        bare = {"empty-view": empty.rate, "insert+rpush": limits.insert_and_push(world)}
        readings.append(Reading(full.rate, bare))
        readings.append(Reading(half.percentile_ms(99), {"empty-view": empty.percentile_ms(50)}))
    return tuple(readings)


def bulk(world: World) -> tuple[Reading]:
    """Tasks a second by `POST /api/tasks/bulk`, one request after another."""
    size = min(BULK, world.count)
    task = {"task_type": "add", "payload": {"x": 1, "y": 2}, "priority": "low"}
    with a_site(processes=1) as site, Client(site.port, connections=1) as client:
        call = site.post("/api/tasks/bulk", {"tasks": [task] * size})
        client.ask(call)
        outcome = client.saturate([call] * (world.count // size))
    rate = size * outcome.rate
    return (Reading(rate, {"sql-insert": limits.insert_many(world)}),)


def read(world: World) -> tuple[Reading, ...]:
    """`GET /api/tasks/{id}` of ended tasks with an attempt, by one web process and by two."""
    from jobs.management import seed
    from jobs.models import Task

    seed.fill(1000)
    ids = [str(pk) for pk in Task.objects.filter(state="SUCCESS").values_list("pk", flat=True)]
    readings: list[Reading] = []
    for processes in PROCESSES:
        with a_site(processes=processes) as site, Client(site.port) as client:
            calls = [site.get(f"/api/tasks/{ids[n % len(ids)]}") for n in range(world.count)]
            client.saturate(calls[:WARM_UP])
            full = client.saturate(calls)
            empty = client.saturate([site.get(HEALTHZ)] * world.count)
        readings.append(Reading(full.rate, {"empty-view": empty.rate}))
    return tuple(readings)


def _a_token() -> str:
    from django.contrib.auth.models import User

    from jobs.services.tokens import create_token

    user, _ = User.objects.get_or_create(username="measured", is_superuser=True)
    return create_token(user=user, name="benchmarks").plain


def _answers(port: int) -> bool:
    try:
        with Client(port, connections=1) as client:
            client.ask(request("GET", HEALTHZ))
    except OSError:
        return False
    return True

"""The bare limits: the same servers and rows with nothing of the product round them.

Each is taken on the servers of the run that it stands beside, after the measure itself.
"""

import json
import subprocess
import sys
import time

from benchmarks import bare
from benchmarks.world import ROOT, World

#: Tickets for each task of the run: one LMPOP takes 100 of them in 30 us.
TICKETS_PER_TASK = 5
#: What a limit needs to be steady; more would only take longer.
MOST_ROWS = 100_000
MOST_BELLS = 500


def lmpop(world: World) -> float:
    """Tickets a second that one client takes off a Redis list, 100 a command."""
    from jobs.broker.connection import redis
    from jobs.broker.tickets import ticket

    key, count = "bare:tickets", world.count * TICKETS_PER_TASK
    for start in range(0, count, 1000):
        stop = min(start + 1000, count)
        redis().rpush(key, *[ticket(f"{n:036d}") for n in range(start, stop)])
    began = time.perf_counter()
    while redis().lmpop(1, key, direction="LEFT", count=100):
        pass
    return count / (time.perf_counter() - began)


def exchange(world: World) -> float:
    """Tasks a second by `store.exchange` in a tight loop in as many processes as workers.

    The statements that claim, end and count, 100 tasks a transaction; no Redis, no worker, no call
    of a function.
    """
    from benchmarks.tasks import noop
    from jobs.broker.connection import redis
    from jobs.broker.tickets import list_key

    ids = noop.enqueue_many(([], {}) for _ in range(world.count))
    redis().delete(list_key(noop.queue))
    shares = [ids[place :: world.workers] for place in range(world.workers)]
    processes = [_started("exchange") for _ in shares]
    for process, share in zip(processes, shares, strict=True):
        _write(process, json.dumps(share))
    for process in processes:
        _read(process)  # it is ready
    for process in processes:
        _write(process, "go")
    spans = [json.loads(_read(process)) for process in processes]
    for process in processes:
        _end(process)
    return len(ids) / (max(ended for _, ended in spans) - min(began for began, _ in spans))


def insert_and_push(world: World) -> float:
    """Rows a second that one connection inserts and commits singly, with an RPUSH after each."""
    from jobs.broker.connection import redis
    from jobs.broker.tickets import list_key, ticket
    from jobs.store.create import SHARED_COUNT

    push, key = redis().rpush, list_key("bare")
    rows = bare.rows(world.count)
    with bare.connected(world.database) as connection:
        cursor = connection.cursor()
        statement = bare.insert_statement(world.database)
        began = time.perf_counter()
        for row in rows:
            cursor.execute(statement, row)
            push(key, ticket(row[SHARED_COUNT]))
        return world.count / (time.perf_counter() - began)


def update_many() -> float:
    """Ended rows of the no-op task a second that one UPDATE makes PENDING, with a line of history.

    One statement each and one transaction: no chunks, no report, no ticket.
    """
    from django.db import connection, transaction
    from django.db.models import F
    from django.utils import timezone

    from jobs.models import Task

    rows = Task.objects.ended().filter(name="benchmarks.noop")
    lines = (
        "INSERT INTO jobs_event (task_id, kind, actor, reason, at) SELECT id, 'requeued', '', '', "
        "updated_at FROM jobs_task WHERE name = 'benchmarks.noop' AND state = 'PENDING'"
    )
    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        count = rows.update(
            state="PENDING", fence=F("fence") + 1, tries=0, updated_at=timezone.now(), worker=None
        )
        cursor.execute(lines)
    return count / (time.perf_counter() - began)


def insert_many(world: World) -> float:
    """Rows a second of one COPY (PostgreSQL) or of INSERT from json_each (SQLite), and its commit.

    What goes in is made beforehand.
    """
    count = min(world.count, MOST_ROWS)
    with bare.connected(world.database) as connection:
        write = bare.copying if world.database == "postgresql" else bare.inserting
        chunks = write(connection, bare.rows(count))
        began = time.perf_counter()
        chunks()
        return count / (time.perf_counter() - began)


def bell(world: World) -> list[float]:
    """Milliseconds from an RPUSH to the return of another process's BLPOP, one at a time."""
    from jobs.broker.connection import redis

    process = _started("bell")
    count = min(world.count, MOST_BELLS)
    _write(process, str(count))
    _read(process)  # it listens
    for number in range(count):
        redis().rpush("bare:bell", repr(time.time()))
        redis().blpop(["bare:heard"], 1)
        pause(number)
    waits = json.loads(_read(process))
    _end(process)
    return [1000 * wait for wait in waits]


def django_process() -> float:
    """Megabytes (PSS) of one process that has set Django and this project up, and does nothing."""
    process = _started("django")
    megabytes = float(_read(process))
    _end(process)
    return megabytes


def pause(number: int) -> None:
    """Between two of a series: 0 to 6 ms, so that no rhythm of the other side is met."""
    time.sleep(0.001 * (number % 7))


def _started(kind: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.bare", kind],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _write(process: "subprocess.Popen[str]", line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()


def _read(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"{process.args!r} ended with status {process.wait(30)}")
    return line


def _end(process: "subprocess.Popen[str]") -> None:
    process.communicate(timeout=30)

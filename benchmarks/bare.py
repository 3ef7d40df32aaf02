"""The bare parts themselves; `python -m benchmarks.bare KIND` is one process of a limit."""

import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

BATCH = 100


@contextmanager
def connected(database: str) -> Iterator[Any]:
    """The driver's own connection in autocommit, with the settings that Django's would have."""
    from django.conf import settings

    if database == "postgresql":
        import psycopg

        with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
            yield connection
        return
    default = settings.DATABASES["default"]
    connection = sqlite3.connect(default["NAME"], isolation_level=None)
    try:
        connection.executescript(default["OPTIONS"]["init_command"])
        yield connection
    finally:
        connection.close()


def rows(count: int) -> list[tuple[Any, ...]]:
    """Finished rows of the no-op task, in the order of `store.create.COLUMNS`."""
    from django.utils import timezone

    from benchmarks.tasks import noop
    from jobs.services.enqueue import draft, terms_of
    from jobs.store.dialect import is_postgresql, key

    terms = terms_of(noop, now=timezone.now())
    shared = terms.columns()
    new = (draft(noop, (), {}, terms=terms) for _ in range(count))
    stored = str if is_postgresql() else key
    return [(*shared, stored(each.id), each.args, each.kwargs) for each in new]


def insert_statement(database: str) -> str:
    """The product's INSERT of one row, as the driver itself takes it."""
    from jobs.store.create import INSERT

    return INSERT if database == "postgresql" else INSERT.replace("%s", "?")


def copying(connection: Any, new: list[tuple[Any, ...]]) -> Callable[[], None]:
    """A call that copies the rows in and commits."""
    from jobs.store.create import COPY, COPY_BLOCK

    lines = ["\t".join(r"\N" if each is None else str(each) for each in row) + "\n" for row in new]
    blocks = ["".join(lines[at : at + COPY_BLOCK]) for at in range(0, len(lines), COPY_BLOCK)]

    def run() -> None:
        with connection.cursor() as cursor, cursor.copy(COPY) as copy:
            for block in blocks:
                copy.write(block)

    return run


def inserting(connection: Any, new: list[tuple[Any, ...]]) -> Callable[[], None]:
    """A call that inserts the rows in one transaction."""
    from jobs.store.create import INSERT_MANY_SQLITE, SHARED_COUNT, SQLITE_CHUNK

    statement = INSERT_MANY_SQLITE.replace("%s", "?")
    shared = new[0][:SHARED_COUNT]
    texts = [
        json.dumps([row[SHARED_COUNT:] for row in new[at : at + SQLITE_CHUNK]])
        for at in range(0, len(new), SQLITE_CHUNK)
    ]

    def run() -> None:
        connection.execute("BEGIN IMMEDIATE")
        for text in texts:
            connection.execute(statement, [*shared, text])
        connection.execute("COMMIT")

    return run


def exchange() -> None:
    """Read ids, say ready, wait for a line, then claim and end them all; say when it was."""
    from jobs.domain.outcomes import Ending, Outcome
    from jobs.domain.states import Move
    from jobs.store.exchange import exchange as statements

    ids = json.loads(sys.stdin.readline())
    worker = f"bare-{os.getpid()}"
    statements([], [], worker=worker, release="", names=(), queues=(), now=time.time())
    print("ready", flush=True)
    sys.stdin.readline()
    began = time.time()
    outcomes: list[Outcome] = []
    for start in range(0, len(ids) + BATCH, BATCH):
        now = time.time()
        did = statements(
            outcomes,
            ids[start : start + BATCH],
            worker=worker,
            release="",
            names=("benchmarks.noop",),
            queues=("default",),
            now=now,
        )
        outcomes = [
            Outcome(
                task_id=claim.task_id,
                fence=claim.fence,
                move=Move.SUCCEED,
                ending=Ending.SUCCEEDED,
                queued=claim.queued,
                started=now,
                finished=now,
                queue=claim.queue,
                name=claim.name,
            )
            for claim in did.claims
        ]
    print(json.dumps([began, time.time()]), flush=True)


def bell() -> None:
    """Listen as often as the first line says; print the seconds that each push was under way."""
    from jobs.broker.connection import redis

    count = int(sys.stdin.readline())
    redis().ping()
    print("listening", flush=True)
    waits = []
    while len(waits) < count:
        heard = redis().blpop(["bare:bell"], 1)
        if heard is not None:
            waits.append(time.time() - float(heard[1]))
            redis().rpush("bare:heard", "")
    print(json.dumps(waits), flush=True)


def django_process() -> None:
    """Print this process's own size in megabytes."""
    from benchmarks.memory import pss_megabytes

    print(pss_megabytes(os.getpid()), flush=True)


KINDS = {"exchange": exchange, "bell": bell, "django": django_process}

if __name__ == "__main__":
    import django

    django.setup()
    KINDS[sys.argv[1]]()

"""Procrastinate on PostgreSQL; its asynchronous form, which is its faster one."""

import os

from procrastinate import App, PsycopgConnector

from benchmarks.peers import marks

app = App(connector=PsycopgConnector(conninfo=os.environ["DATABASE_URL"]))


@app.task(name="mark")
async def mark() -> None:
    """The work."""
    marks.mark()


def prepare() -> None:
    """Make the tables, and keep a pool of connections open as an application would."""
    app.open()
    app.schema_manager.apply_schema()


def enqueue() -> None:
    """One call."""
    mark.defer()


def enqueue_many(count: int) -> None:
    """Many calls."""
    for start in range(0, count, 1000):
        mark.batch_defer(*[{} for _ in range(min(1000, count - start))])

"""New rows: one statement for one task, one for many."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db import connection, transaction

from jobs.store.dialect import is_postgresql, key, text
from jobs.store.dialect import task_id as task_id_of
from jobs.store.tags import index_tags

COLUMNS = (
    "name, queue, state, max_retries, timeout_seconds, run_after, expires_at, created_at, "
    "updated_at, submitted_by, tags, parent, id, args, kwargs"
)
#: How many of them `Terms.columns` gives.
SHARED_COUNT = 12
#: Rows per SQLite statement: bounds the JSON text that carries them.
SQLITE_CHUNK = 5000
#: Rows per message to PostgreSQL: enough to be cheap, few enough to keep it busy meanwhile.
COPY_BLOCK = 200

_SHARED = ", ".join(["%s"] * SHARED_COUNT)
INSERT = f"INSERT INTO jobs_task ({COLUMNS}) VALUES ({_SHARED}, %s, %s, %s)"  # noqa: S608 - constants only
COPY = f"COPY jobs_task ({COLUMNS}) FROM STDIN"
INSERT_MANY_SQLITE = (
    f"INSERT INTO jobs_task ({COLUMNS}) "  # noqa: S608
    f"SELECT {_SHARED}, value->>0, value->>1, value->>2 FROM json_each(%s)"
)
_CASTS = {
    "max_retries": "int",
    "timeout_seconds": "float8",
    "run_after": "timestamptz",
    "expires_at": "timestamptz",
    "created_at": "timestamptz",
    "updated_at": "timestamptz",
    "tags": "jsonb",
    "parent": "uuid",
    "id": "uuid",
    "args": "jsonb",
    "kwargs": "jsonb",
}
_NAMES = (*COLUMNS.split(", "), "unique_key")
_INSERT_KEYED = f"INSERT INTO jobs_task ({', '.join(_NAMES)}) SELECT "
_KEYED_POSTGRESQL = (
    _INSERT_KEYED
    + ", ".join(f"(value->>{n})::{_CASTS.get(name, 'text')}" for n, name in enumerate(_NAMES))
    + " FROM jsonb_array_elements(%s::jsonb) ON CONFLICT DO NOTHING RETURNING id::text"
)
# Without the WHERE the parser takes ON for a part of a join.
_KEYED_SQLITE = (
    _INSERT_KEYED
    + ", ".join(f"value->>{n}" for n in range(len(_NAMES)))
    + " FROM json_each(%s) WHERE true ON CONFLICT DO NOTHING RETURNING id"
)

_COPY_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the new rows of one call have in common."""

    name: str
    queue: str
    state: str
    max_retries: int
    timeout_seconds: float
    run_after: datetime
    expires_at: datetime | None
    created_at: datetime
    submitted_by: str
    tags: tuple[str, ...] = ()
    parent: UUID | None = None
    unique_key: str | None = None
    depends_on: tuple[str, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether one row of one table says it all, without looking at others."""
        return not self.tags and not self.depends_on and self.unique_key is None

    def columns(self) -> tuple[Any, ...]:
        """The first `SHARED_COUNT` of `COLUMNS`, as the database in use takes them."""
        moments = (self.run_after, self.expires_at, self.created_at, self.created_at)
        return (
            self.name,
            self.queue,
            self.state,
            self.max_retries,
            self.timeout_seconds,
            *(moments if is_postgresql() else map(text, moments)),
            self.submitted_by,
            orjson.dumps(self.tags).decode() if self.tags else None,
            _stored(self.parent) if self.parent else None,
        )


def _stored(task_id: UUID) -> str:
    return str(task_id) if is_postgresql() else task_id.hex


class NewTask(NamedTuple):
    """A task as it will be written; `args` and `kwargs` are validated JSON texts."""

    id: str
    args: str
    kwargs: str
    terms: Terms


Groups = Iterator[tuple[Terms, Iterator[NewTask]]]
TagOf = tuple[str, str]


def insert(new: NewTask) -> None:
    """Write one plain task, in the caller's transaction if there is one."""
    task_id = new.id if is_postgresql() else key(new.id)
    with connection.cursor() as cursor:
        cursor.execute(INSERT, (*new.terms.columns(), task_id, new.args, new.kwargs))


def insert_many(new: Iterable[NewTask]) -> None:
    """Write many tasks, all or none; those of the same terms should stand together."""
    groups = groupby(new, key=attrgetter("terms"))
    write = _copy if is_postgresql() else _insert_chunks
    with transaction.atomic(), connection.cursor() as cursor:
        index_tags(cursor, write(cursor, groups))


def insert_keyed(new: Sequence[NewTask]) -> set[str]:
    """Write tasks that have a `unique_key` each; gives the ids of those whose keys were free.

    In the caller's transaction, and in the order of their keys, so that two batches never wait for
    each other in a ring.
    """
    ordered = sorted(new, key=lambda task: (task.terms.name, task.terms.unique_key or ""))
    written: set[str] = set()
    with connection.cursor() as cursor:
        for start in range(0, len(ordered), SQLITE_CHUNK):
            rows = [_keyed(task) for task in ordered[start : start + SQLITE_CHUNK]]
            statement = _KEYED_POSTGRESQL if is_postgresql() else _KEYED_SQLITE
            cursor.execute(statement, [orjson.dumps(rows).decode()])
            ids = [row[0] for row in cursor.fetchall()]
            written.update(ids if is_postgresql() else map(task_id_of, ids))
        tagged = [(tag, task.id) for task in new if task.id in written for tag in task.terms.tags]
        index_tags(cursor, tagged)
    return written


def _keyed(new: NewTask) -> tuple[Any, ...]:
    task_id = new.id if is_postgresql() else key(new.id)
    return (*new.terms.columns(), task_id, new.args, new.kwargs, new.terms.unique_key)


def _copy(cursor: Any, groups: Groups) -> list[TagOf]:
    """Stream the rows, so that the server writes the first while the last are being made."""
    tagged: list[TagOf] = []
    with cursor.copy(COPY) as copy:
        for terms, tasks in groups:
            before = "\t".join(map(_copy_text, terms.columns()))
            while block := list(islice(tasks, COPY_BLOCK)):
                copy.write(
                    "".join(
                        f"{before}\t{task_id}\t{_escaped(args)}\t{_escaped(kwargs)}\n"
                        for task_id, args, kwargs, _ in block
                    )
                )
                tagged += _tagged(terms, block)
    return tagged


def _copy_text(value: object) -> str:
    """A value in PostgreSQL's text format of COPY: the driver's own takes three times as long."""
    return r"\N" if value is None else str(value).translate(_COPY_ESCAPES)


def _escaped(json_text: str) -> str:
    return json_text.replace("\\", r"\\")  # compact JSON holds no tab and no line break


def _insert_chunks(cursor: Any, groups: Groups) -> list[TagOf]:
    tagged: list[TagOf] = []
    for terms, tasks in groups:
        shared = terms.columns()
        while chunk := list(islice(tasks, SQLITE_CHUNK)):
            rows = [(key(task_id), args, kwargs) for task_id, args, kwargs, _ in chunk]
            cursor.execute(INSERT_MANY_SQLITE, [*shared, orjson.dumps(rows).decode()])
            tagged += _tagged(terms, chunk)
    return tagged


def _tagged(terms: Terms, tasks: list[NewTask]) -> list[TagOf]:
    return [(tag, task.id) for task in tasks for tag in terms.tags] if terms.tags else []

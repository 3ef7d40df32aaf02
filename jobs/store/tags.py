"""The tags of new tasks, as rows by which they are found."""

from collections.abc import Sequence

import orjson
from django.db.backends.utils import CursorWrapper

from jobs.store.dialect import array, is_postgresql, key, text_array

_POSTGRESQL = """
INSERT INTO jobs_tasktag (tag, task_id) SELECT * FROM unnest(%s::text[], %s::uuid[])
"""
_SQLITE = """
INSERT INTO jobs_tasktag (tag, task_id) SELECT value->>0, value->>1 FROM json_each(%s)
"""


def index_tags(cursor: CursorWrapper, pairs: Sequence[tuple[str, str]]) -> None:
    """Write pairs of a tag and the id of a task that has it, none of them twice."""
    if not pairs:
        return
    if is_postgresql():
        tags, ids = zip(*pairs, strict=True)
        cursor.execute(_POSTGRESQL, [text_array(tags), array(ids)])
    else:
        rows = [(tag, key(task_id)) for tag, task_id in pairs]
        cursor.execute(_SQLITE, [orjson.dumps(rows).decode()])

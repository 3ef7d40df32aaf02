"""News of changed rows, told only while somebody watches.

They lie in a short stream, from which watchers take all that came since they last looked. An entry
has one field, named for what changed, with the ids joined by commas. Watchers re-read the rows: an
entry that is lost costs freshness, never truth.
"""

import time
from collections.abc import Sequence

from redis import Redis
from redis.exceptions import RedisError

from jobs.broker.connection import redis

STREAM = "taskqueue:changes"
WATCHED_KEY = "taskqueue:watched"
#: A watcher that goes away without a word is forgotten after this.
WATCHED_SECONDS = 5
#: The fields of an entry: states changed, or only the progress did.
MOVED = "moved"
PROGRESS = "progress"
#: Beyond this many rows an entry would only say "a lot": watchers re-read their lists anyway.
MOST_PER_ENTRY = 500
#: Older entries make room for new ones.
MOST_ENTRIES = 500


class _Watch:
    """What this process last heard of watchers; asked at most once a second."""

    watched = False
    asked_at = float("-inf")


def is_watched(*, now: float | None = None) -> bool:
    """Whether somebody watches, as of at most a second ago. False when Redis is away."""
    moment = time.monotonic() if now is None else now
    if moment - _Watch.asked_at >= 1.0:
        _Watch.asked_at = moment
        try:
            _Watch.watched = bool(redis().exists(WATCHED_KEY))
        except RedisError:
            _Watch.watched = False
    return _Watch.watched


def tell(task_ids: Sequence[str], *, field: str = MOVED) -> None:
    """Say that tasks changed, if somebody watches; a Redis that is away is not an error."""
    if task_ids and is_watched():
        try:
            tell_in(redis(), task_ids, field=field)
        except RedisError:
            _Watch.watched = False


def tell_in(client: Redis, task_ids: Sequence[str], *, field: str = MOVED) -> None:
    """The same, whoever watches, by a connection or in a pipeline that is sent anyway."""
    if task_ids:
        client.xadd(STREAM, {field: ",".join(task_ids)}, maxlen=MOST_ENTRIES)

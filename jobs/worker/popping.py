"""Take tickets from the queues' lists, the most urgent queue first."""

from collections import Counter
from collections.abc import Container, Iterable
from itertools import chain
from typing import Any, NamedTuple

from redis import Redis

from jobs.broker.tickets import list_key, task_id_of

#: How long an idle worker listens at a time; it looks after its other duties between.
LISTEN_SECONDS = 1


class Popped(NamedTuple):
    """Tickets as (queue, task id), plain RQ jobs as (queue, job id)."""

    tickets: list[tuple[str, str]]
    plain: list[tuple[str, str]]

    @property
    def queue(self) -> str | None:
        """The queue that gave the most; None when nothing was taken."""
        counts = Counter(queue for queue, _ in chain(self.tickets, self.plain))
        return max(counts, key=counts.__getitem__, default=None)

    def parted(self, queues: Container[str]) -> tuple["Popped", "Popped"]:
        """What comes from these queues, and what does not."""
        return (
            Popped(*([each for each in kind if each[0] in queues] for kind in self)),
            Popped(*([each for each in kind if each[0] not in queues] for kind in self)),
        )


NOTHING = Popped([], [])


def told_apart(items: Iterable[tuple[str, bytes]]) -> Popped:
    """What stands in the lists, given as (queue, RQ job id)."""
    popped = Popped([], [])
    for queue, item in items:
        job_id = item.decode(errors="replace")
        task_id = task_id_of(job_id)
        if task_id is None:
            popped.plain.append((queue, job_id))
        else:
            popped.tickets.append((queue, task_id))
    return popped


def pop(client: "Redis", queues: list[str], *, most: int, listen: bool) -> Popped:
    """Take up to `most` ids; with `listen`, wait up to `LISTEN_SECONDS` for the first.

    One LMPOP empties the first of the queues that has anything. Raises RedisError.
    """
    keys = [list_key(queue) for queue in queues]
    items: list[tuple[Any, Any]] = []  # (key, id) as bytes; the client's types allow for more
    if listen:
        first = client.blpop(keys, LISTEN_SECONDS)
        if first is None:
            return NOTHING
        items.append((first[0], first[1]))
    if most > len(items):
        more = client.lmpop(len(keys), *keys, direction="LEFT", count=most - len(items))
        if more:
            items += [(more[0], item) for item in more[1]]
    return told_apart((key.decode().removeprefix(list_key("")), item) for key, item in items)

"""How soon a page of a long list is answered, whatever it is filtered by."""

import sys
from collections.abc import Iterator, Mapping
from datetime import timedelta
from urllib.parse import urlencode

from benchmarks.figures import Reading
from benchmarks.http import HEALTHZ, Site, a_site
from benchmarks.load import Client
from benchmarks.world import World

#: Tasks that wait, beside the ended ones, where the count allows it.
MOST_OPEN = 5_000
#: Each filter has this share of the requests that were asked for.
SHARE = 10


def lists(world: World) -> tuple[Reading]:
    """The 95th percentile of the slowest filter's first pages, one request at a time, in ms.

    Every parameter of `GET /api/tasks` and every field of its search, alone and together, with
    values that many tasks have, that few have and that none has. Those of each go to stderr.
    """
    from jobs.management import seed

    if not seed.is_seeded():
        seed.fill(world.history)
        seed.fill_tags()
        seed.fill_open(min(MOST_OPEN, world.history))
    slowest = 0.0
    with a_site(processes=1) as site, Client(site.port, connections=1) as client:
        empty = client.saturate([site.get(HEALTHZ)] * 200).percentile_ms(95)
        for query in _queries(world.history):
            found = client.saturate([_list(site, query)] * (world.count // SHARE)).percentile_ms(95)
            print(f"{found:8.1f} ms  {dict(query)}", file=sys.stderr)
            slowest = max(slowest, found)
    return (Reading(slowest, {"empty-view": empty}),)


def _list(site: Site, query: Mapping[str, str]) -> bytes:
    return site.get(f"/api/tasks?{urlencode(query)}")


def _queries(history: int) -> Iterator[Mapping[str, str]]:
    from django.utils import timezone

    from jobs.management import seed
    from jobs.models import Task

    now = timezone.now()
    day = {"created_after": (now - timedelta(days=3)).isoformat()}
    day |= {"created_before": (now - timedelta(days=2)).isoformat()}
    middle = Task.objects.filter(name__startswith=seed.NAME).order_by("pk")[min(1000, history // 2)]
    yield {}
    yield {"limit": "500"}
    yield {"cursor": str(middle.pk)}
    for status in ("SUCCESS", "FAILURE", "REVOKED", "pending", "STARTED", "RETRY", "failed"):
        yield {"status": status}
        yield {"status": status, "queue": "high"}
        yield {"status": status, "task_type": "history.type_11"}
        yield {"status": status, "tag": "common"}
        yield {"status": status, "worker": "worker-3"}
        yield {"status": status, **day}
    for queue in ("high", "low"):
        yield {"queue": queue}
        yield {"queue": queue, **day}
    for name in ("history.type_0", "history.type_11", "add", "nobody.has.it"):
        yield {"task_type": name}
        yield {"task_type": name, "queue": "high"}
    for tag in ("common", "rare", "none"):
        yield {"tag": tag}
        yield {"tag": tag, "queue": "high"}
        yield {"tag": tag, "task_type": "history.type_11"}
    for worker in ("worker-3", "worker-none"):
        yield {"worker": worker}
    yield day
    for search in _SEARCHES:
        yield {"search": search}
        yield {"search": f"{search} state:failed"}


_SEARCHES = (
    "arg.number:1000",
    "arg.word:measured",
    "arg.word:other",
    "arg.nothing:1",
    "error:answer",
    "error:nothing",
    "task:type_11",
    "task:type_1,type_2",
    "queue:high,low",
    "tag:common",
    "tag:rare -queue:high",
    "worker:worker-3",
    "worker:nobody",
    "age>3d",
    "age<1m",
    "wait>1s",
    "wait>1h",
    "run>100ms",
    "run>1h",
    "-state:success",
    "-task:type_0",
    "-tag:common",
    "00000000",
    "type_5",
)

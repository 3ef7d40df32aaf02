"""django-rq's numbers, told of tasks and plain RQ jobs together."""

from typing import Any

from django.db.models import Count, Sum
from django_rq.utils import get_statistics

from jobs.broker.connection import queue_names
from jobs.broker.rq_lists import make_readable, plain_counts, waiting_on
from jobs.domain.periods import Period
from jobs.domain.states import State
from jobs.models import Rollup, Task
from jobs.models.rollup import EACH
from jobs.selectors.stats import open_counts


def statistics(*, cleans: bool = False) -> dict[str, list[dict[str, Any]]]:
    """What django-rq's `get_statistics` gives, with the rows counted in.

    A task lies in no registry of RQ's: its row is the truth. `jobs` is the length of RQ's list, or
    the number of pending rows where tickets were lost. With `cleans`, RQ's own upkeep of its
    registries runs first, as on its home page.
    """
    for name in queue_names():
        make_readable(name, waiting_on(name, 0, 0))
    counted = get_statistics(run_maintenance_tasks=cleans)
    waiting = open_counts()
    failed = dict(
        Task.objects.dead_letters().order_by().values_list("queue").annotate(count=Count("pk"))
    )
    ended = Rollup.objects.counted(Period.EVER, queue=EACH)
    succeeded = dict(ended.values_list("queue").annotate(total=Sum("succeeded")))
    for line in counted["queues"]:
        name = line["name"]
        plain = plain_counts(name)
        line["jobs"] = max(line["jobs"], waiting.get((name, State.PENDING), 0))
        line["started_jobs"] = plain["started"] + waiting.get((name, State.STARTED), 0)
        line["deferred_jobs"] = plain["deferred"] + waiting.get((name, State.BLOCKED), 0)
        line["scheduled_jobs"] = plain["scheduled"] + sum(
            waiting.get((name, state), 0) for state in (State.SCHEDULED, State.RETRY)
        )
        line["failed_jobs"] = plain["failed"] + failed.get(name, 0)
        line["finished_jobs"] = plain["finished"] + succeeded.get(name, 0)
    return counted

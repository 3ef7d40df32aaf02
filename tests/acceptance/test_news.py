"""What news of changed rows cost those who change them."""

import pytest
from redis import Redis

from jobs.broker.changes import WATCHED_KEY
from jobs.domain.registry import registry
from jobs.models import Task
from jobs.services.enqueue import enqueue_many
from tests.support.waiting import wait_for
from tests.support.workers import running_worker

pytestmark = [pytest.mark.acceptance, pytest.mark.django_db(transaction=True)]

TASKS = 1_000


def calls(redis: Redis, command: str) -> int:
    """How often the server was asked so far."""
    stats = redis.info("commandstats")
    return int(stats.get(f"cmdstat_{command}", {}).get("calls", 0))


def run_tasks() -> None:
    ids = enqueue_many(task_type=registry.get("add"), calls=[([], {"x": 1, "y": 2})] * TASKS)
    ended = Task.objects.ended().filter(pk__in=ids)
    wait_for(lambda: ended.count() == TASKS, seconds=60)


def test_while_nobody_watches_no_news_are_sent(redis: Redis) -> None:
    with running_worker():
        before = calls(redis, "xadd")
        run_tasks()
        assert calls(redis, "xadd") == before


def test_while_somebody_watches_a_batch_is_one_entry(redis: Redis) -> None:
    # given a watcher
    redis.set(WATCHED_KEY, 1, ex=60)
    with running_worker():
        before = calls(redis, "xadd")

        # when many tasks are run
        run_tasks()

        # then their starts and ends, 2,000 changes, are told in far fewer entries
        assert 1 <= calls(redis, "xadd") - before <= TASKS // 5

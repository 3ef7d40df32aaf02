"""What workers tell those who watch, and that they tell nobody else."""

import pytest
from redis import Redis

from jobs.broker.changes import WATCHED_KEY
from jobs.domain.registry import registry
from jobs.domain.states import State
from jobs.models import LiveLog, Task
from jobs.services.cancel import cancel
from jobs.services.enqueue import enqueue, enqueue_many
from tests.support.rows import reload
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
    wait_for(lambda: ended.count() == TASKS)


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


def chat(times: int) -> Task:
    """A task that logs every hundredth of a second."""
    given = {"word": "hello", "times": times}
    return enqueue(task_type=registry.get("tests.chatter"), kwargs=given)


def test_what_a_task_logs_is_told_while_it_runs(redis: Redis) -> None:
    # given a watcher, and a task that logs for a minute
    redis.set(WATCHED_KEY, 1, ex=60)
    with running_worker():
        task = chat(6_000)

        # then the end of its log is written, again and again
        logs = LiveLog.objects.filter(pk=task.pk)
        first = wait_for(lambda: logs.first())
        assert "INFO tests.support.tasks: hello " in first.text
        wait_for(lambda: logs.exclude(text=first.text).exists())
        cancel(task_id=task.pk, actor="ann")
        wait_for(lambda: reload(task).state == State.REVOKED)


def test_while_nobody_watches_no_log_is_written_before_its_end() -> None:
    with running_worker():
        task = chat(250)
        wait_for(lambda: reload(task).state == State.SUCCESS)

    assert not LiveLog.objects.exists()
    assert "hello 249" in task.attempts.get().log

"""What a worker refuses to start with, and what it says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from redis import Redis

from jobs.domain.registry import registry
from jobs.models import WorkerLease
from jobs.services.enqueue import enqueue
from taskqueue_site.up.ports import free_port
from tests.support.waiting import wait_for
from tests.support.workers import ROOT, all_ended, running_worker

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
]


def refused(
    *arguments: str, command: str = "rqworker", **environment: str
) -> tuple[int, list[str]]:
    """The exit status of a command that does not start, and the lines it says."""
    done = subprocess.run(
        [sys.executable, "manage.py", command, *arguments],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "taskqueue_site.settings.test"} | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stderr.strip().splitlines()


def test_a_name_in_use_is_refused_in_one_line():
    with running_worker("default", "--name", "ann"):
        status, lines = refused("default", "--name", "ann")

        # then
        assert status == 1
        assert len(lines) == 1
        assert lines[0].startswith("CommandError: Worker ann is alive on ")
        assert WorkerLease.objects.count() == 1


def test_a_redis_that_is_away_is_told_in_one_line():
    status, lines = refused("default", REDIS_URL=f"redis://:hidden@127.0.0.1:{free_port()}/0")

    assert (status, len(lines)) == (1, 1)
    assert lines[0].startswith("CommandError: Redis does not answer (ConnectionError")
    assert "Start it, or correct REDIS_URL." in lines[0]
    assert "hidden" not in lines[0]


def test_a_database_without_its_tables_is_told_in_one_line(tmp_path: Path):
    status, lines = refused("default", DATABASE_URL=f"sqlite:///{tmp_path}/empty.sqlite3")

    assert status == 1
    assert len(lines) == 1
    assert lines[0].startswith("CommandError: Not applied: ")
    assert lines[0].endswith(" migrations. Run `manage.py migrate`.")


def test_the_name_of_a_dead_worker_is_taken_over(tmp_path: Path):
    # given a worker that was killed in a task
    with running_worker("default", "--name", "ann") as dead:
        mark = registry.get("tests.mark")
        task = enqueue(task_type=mark, kwargs={"directory": str(tmp_path), "seconds": 0.5})
        wait_for((tmp_path / str(task.pk)).exists)
        dead.kill_tree()

    # when
    with running_worker("default", "--name", "ann") as successor:
        wait_for(all_ended([task]))
        assert WorkerLease.objects.get().pid == successor.pid

    # then
    outcomes = list(task.attempts.order_by("number").values_list("outcome", flat=True))
    assert outcomes == ["lost", "succeeded"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--threads", "0"), "--threads is 0: it must be a whole number from 1 to 1,000."),
        (("--async", "0"), "--async is 0: it must be a whole number from 1 to 10,000."),
        (("--async", "10001"), "--async is 10001: "),
        (("--max-jobs", "-1"), "--max-jobs is -1: "),
        (("--max-idle-time", "0"), "--max-idle-time is 0: "),
        (("--worker-ttl", "0"), "--worker-ttl is 0: "),
        (("--name", ""), "--name is '': it must be 1 to 100 letters"),
        (("--name", "a/b c"), "--name is 'a/b c': "),
        (("--name", "x" * 101), "--name is 'xxx"),
        (("--serializer", "nowhere.Json"), "--serializer is 'nowhere.Json': "),
        (("--worker-class", "nowhere.Worker"), "--worker-class is 'nowhere.Worker': "),
        (("--job-class", "nowhere.Job"), "--job-class is 'nowhere.Job': "),
        (("--queue-class", "nowhere.Queue"), "--queue-class is 'nowhere.Queue': "),
        (("--pid", "/nowhere/pid"), "--pid is '/nowhere/pid': "),
        (("nowhere",), "There is no queue 'nowhere': use one of high, default, low."),
        (("--worker-class", "rq.SimpleWorker", "--threads", "2"), "--threads: SimpleWorker "),
        (("--worker-class", "rq.SimpleWorker", "--async", "2"), "--async: SimpleWorker "),
    ],
)
def test_a_bad_value_is_one_clear_line_and_nothing_is_registered(
    arguments: tuple[str, ...], says: str, redis: Redis
):
    status, lines = refused(*arguments)

    assert (status, len(lines)) == (2, 1)
    assert lines[0].startswith(f"CommandError: {says}")
    assert not redis.exists("rq:workers")
    assert not WorkerLease.objects.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--threads", "two"),
        ("--async", "many"),
        ("--max-jobs", "1.5"),
        ("--dequeue-strategy", "lifo"),
    ],
)
def test_what_is_no_value_at_all_is_told_with_the_usage(arguments: tuple[str, ...]):
    status, lines = refused(*arguments)

    assert status == 2
    assert f"argument {arguments[0]}: invalid " in lines[-1]


def test_a_pool_refuses_what_a_worker_refuses(redis: Redis):
    for arguments in (("--num-workers", "0"), ("--threads", "0"), ("--async", "0")):
        status, lines = refused(*arguments, command="rqworker-pool")
        assert (status, len(lines)) == (2, 1)
        assert lines[0].startswith(f"CommandError: {arguments[0]} is 0: ")

"""RQ's own jobs beside tasks: each ends as RQ would end it, and none is lost."""

from pathlib import Path

import django_rq
import pytest
from redis import Redis
from rq.command import send_stop_job_command

from jobs.domain.registry import registry
from jobs.services.enqueue import enqueue
from tests.support import plain_jobs
from tests.support.waiting import wait_for
from tests.support.workers import all_ended, running_worker

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
]


@pytest.mark.parametrize("threads", ["1", "3"])
def test_plain_jobs_run_beside_tasks_in_the_main_thread(tmp_path: Path, threads: str):
    # given
    jobs = [plain_jobs.enqueue(plain_jobs.mark, str(tmp_path / str(n))) for n in range(10)]
    tasks = [
        enqueue(task_type=registry.get("tests.greet"), kwargs={"name": "x"}) for _ in range(10)
    ]
    jobs += [plain_jobs.enqueue(plain_jobs.mark, str(tmp_path / str(n))) for n in range(10, 20)]

    # when
    with running_worker("default", "--threads", threads):
        wait_for(all_ended(tasks))
        wait_for(lambda: all(job.get_status() == "finished" for job in jobs))

    # then
    assert {job.return_value() for job in jobs} == {"MainThread"}
    assert len(list(tmp_path.iterdir())) == 20


@pytest.mark.parametrize("threads", ["1", "3"])
def test_plain_jobs_that_fail_time_out_or_kill_their_process_are_in_rqs_registry(threads: str):
    # given one of each, and one that is well, after them
    jobs = [
        plain_jobs.enqueue(plain_jobs.fail),
        plain_jobs.enqueue(plain_jobs.sleep, 60, job_timeout=1),
        plain_jobs.enqueue(plain_jobs.kill_own_process),
    ]
    well = plain_jobs.enqueue("builtins.len", "abc")

    # when
    with running_worker("default", "--threads", threads):
        wait_for(lambda: well.get_status() == "finished")
        wait_for(lambda: sorted(plain_jobs.failed_ids()) == sorted(job.id for job in jobs))

    # then
    texts = [job.latest_result().exc_string for job in jobs]
    assert "RuntimeError: no luck" in texts[0]
    assert "JobTimeoutException" in texts[1]
    assert "Work-horse terminated unexpectedly" in texts[2]
    assert "signal 9" in texts[2]
    assert not django_rq.get_queue("default").started_job_registry.get_job_ids()


def test_a_plain_job_that_waits_behind_the_death_of_a_process_is_not_lost(tmp_path: Path):
    # given short plain jobs, so that many are popped at once, with a killer among them
    jobs = [plain_jobs.enqueue(plain_jobs.mark, str(tmp_path / str(n))) for n in range(30)]
    plain_jobs.enqueue(plain_jobs.kill_own_process, at_front=True)
    poison = enqueue(task_type=registry.get("tests.segfault"))
    jobs += [plain_jobs.enqueue(plain_jobs.mark, str(tmp_path / str(n))) for n in range(30, 60)]

    # when
    with running_worker("default"):
        wait_for(lambda: len(list(tmp_path.iterdir())) == 60)
        wait_for(all_ended([poison]))


def test_a_task_does_not_wait_behind_a_long_plain_job_in_threaded_mode(tmp_path: Path):
    with running_worker("default", "--threads", "2"):
        # given a plain job that runs, and another at the head of the line
        path = tmp_path / "began"
        first = plain_jobs.enqueue(plain_jobs.mark, str(path), 3.0)
        wait_for(path.exists)
        second = plain_jobs.enqueue("builtins.len", "abc")

        # when
        task = enqueue(task_type=registry.get("tests.greet"), kwargs={"name": "x"})
        wait_for(all_ended([task]))

        # then
        assert first.get_status() == "started"
        assert second.get_status() == "queued"
        wait_for(lambda: second.get_status() == "finished")


def test_a_long_plain_job_has_heartbeats_and_can_be_stopped(redis: Redis, tmp_path: Path):
    with running_worker("default", "--name", "ann"):
        # given
        job = plain_jobs.enqueue(plain_jobs.mark, str(tmp_path / "began"), 60.0)
        wait_for((tmp_path / "began").exists)
        (execution,) = wait_for(job.get_executions)

        # then somebody beats for it
        def beaten() -> bool:
            before = execution.last_heartbeat
            execution.refresh()
            return bool(execution.last_heartbeat > before)

        wait_for(beaten)

        # when
        send_stop_job_command(redis, job.id, serializer="json")

        # then
        wait_for(lambda: job.get_status() == "stopped")
        assert plain_jobs.failed_ids() == [job.id]
        assert redis.hget("rq:worker:ann", "current_job") is None

"""What follows an attempt, and what it leaves behind, in real workers."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.domain.registry import registry
from jobs.domain.states import State
from jobs.models import Attempt, Event, Rollup, Task
from jobs.services.enqueue import enqueue, enqueue_many
from tests.support.rows import reload
from tests.support.waiting import wait_for
from tests.support.workers import ROOT, all_ended, running_worker

pytestmark = [pytest.mark.acceptance, pytest.mark.django_db(transaction=True)]


def submit(
    task_type_name: str, /, *, timeout_seconds: float | None = None, **arguments: object
) -> Task:
    """Enqueue a task of one of the tests' own types."""
    task_type = registry.get(f"tests.{task_type_name}")
    return enqueue(task_type=task_type, kwargs=arguments, timeout_seconds=timeout_seconds)


def endings(task: Task) -> list[str]:
    """How the task's attempts ended, in order."""
    return list(task.attempts.order_by("number").values_list("outcome", flat=True))


def log_of(task: Task) -> str:
    """The log of the task's only attempt."""
    return task.attempts.get().log


def test_what_a_task_logs_is_kept_with_its_attempt():
    with running_worker():
        good = submit("chatter", word="good")
        bad = submit("chatter", word="bad", fails=True)
        odd = submit("chatter_badly")
        silent = submit("greet", name="x")
        coroutine = submit("chatter_async", word="hello")
        wait_for(all_ended([good, bad, odd, silent, coroutine]))

    lines = log_of(good).splitlines()
    assert [line.rpartition("INFO tests.support.tasks: ")[2] for line in lines] == [
        "good 0",
        "good 1",
        "good 2",
    ]
    assert (reload(bad).state, log_of(bad).count("bad")) == (State.FAILURE, 3)
    assert "nul \ufffd and half a pair ?" in log_of(odd)
    assert "a record of tests.support.tasks cannot be formatted: TypeError" in log_of(odd)
    assert reload(odd).state == State.SUCCESS
    assert log_of(silent) == ""
    assert "hello in the loop" in log_of(coroutine)
    assert "hello in a thread" in log_of(coroutine)


def test_logs_of_tasks_that_run_beside_each_other_are_not_mixed_up():
    # given more tasks than threads, each with a word of its own
    with running_worker("default", "--threads", "4"):
        tasks = {f"word{number}": submit("chatter", word=f"word{number}") for number in range(12)}
        wait_for(all_ended(list(tasks.values())))

    # then
    for word, task in tasks.items():
        said = [line.split()[-2] for line in log_of(task).splitlines()]
        assert said == [word, word, word]


def test_an_exception_that_is_not_worth_it_is_not_retried():
    with running_worker(STOP_GRACE_SECONDS="0.2"):
        # given one that fails so, and one whose process must be killed for its time limit
        wrong = submit("picky", kind="value")
        deaf = submit("picky", kind="hang", timeout_seconds=0.3)
        wait_for(all_ended([wrong, deaf]))

    # then both are dead letters with five retries left
    assert (reload(wrong).state, endings(wrong)) == (State.FAILURE, ["failed"])
    assert (reload(deaf).state, endings(deaf)) == (State.FAILURE, ["timeout"])


def test_a_task_that_overran_its_time_is_killed_after_the_grace_that_is_set():
    # given a task that ignores its time limit and would end a little later
    with running_worker("default", STOP_GRACE_SECONDS="30"):
        patient = submit("stubborn", seconds=2, timeout_seconds=0.3)
        wait_for(all_ended([patient]))
    with running_worker("default", STOP_GRACE_SECONDS="0.2"):
        strict = submit("stubborn", seconds=60, timeout_seconds=0.3)
        wait_for(all_ended([strict]))

    # then
    assert endings(patient) == ["succeeded"]
    assert endings(strict) == ["timeout"]


def test_an_atomic_task_and_its_success_are_one(tmp_path: Path):
    with running_worker():
        task = submit("entry", directory=str(tmp_path))
        wait_for(all_ended([task]))
        wait_for(lambda: Rollup.objects.filter(name="tests.entry", succeeded=1).exists())

    assert (reload(task).state, reload(task).tries, endings(task)) == (
        State.SUCCESS,
        1,
        ["succeeded"],
    )
    assert Event.objects.filter(task=task, actor="tests.entry").count() == 1


@pytest.mark.parametrize(
    ("blow", "ending"), [("kill", "crashed"), ("hang", "timeout"), ("raise", "failed")]
)
def test_of_an_atomic_attempt_that_did_not_succeed_nothing_is_left(
    blow: str, ending: str, tmp_path: Path
):
    with running_worker():
        # given a task whose first attempt writes a row and then meets its end
        task = submit("entry", directory=str(tmp_path), blow=blow, timeout_seconds=0.5)
        wait_for(all_ended([task]))

    # then the row is there once, written by the second
    assert endings(task) == [ending, "succeeded"]
    assert Event.objects.filter(task=task, actor="tests.entry").count() == 1


def test_atomic_tasks_beside_each_other_let_leases_be_renewed_and_others_run():
    # given more seconds of them than a lease lasts, on threads that could all run one
    calls = [([], {"seconds": 1.0})] * 6
    ids = enqueue_many(task_type=registry.get("tests.slow_entry"), calls=calls)

    # when
    with running_worker("default", "--threads", "3", LEASE_SECONDS="5"):
        greeting = submit("greet", name="ann")
        wait_for(all_ended([greeting, *Task.objects.filter(pk__in=ids)]))

    # then each ran once, to its end
    assert set(Task.objects.values_list("state", "tries", "attempt_count")) == {
        (State.SUCCESS, 1, 1)
    }
    assert Event.objects.filter(task__in=ids).count() == 6


def test_an_error_of_the_database_that_an_atomic_task_swallows_fails_it(tmp_path: Path):
    with running_worker():
        task = submit("entry", directory=str(tmp_path), blow="swallow")
        wait_for(all_ended([task]))

    assert endings(task) == ["failed", "succeeded"]
    assert Event.objects.filter(task=task, actor="tests.entry").count() == 1


def test_a_work_horse_is_replaced_after_so_many_tasks(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    # given more tasks than one horse may run
    calls = [([], {"directory": str(tmp_path)})] * 10
    ids = enqueue_many(task_type=registry.get("tests.mark"), calls=calls)

    # when
    with running_worker("default", "--max-tasks-per-horse", "4"):
        wait_for(all_ended(list(Task.objects.filter(pk__in=ids))))

    # then each horse ran four at most, and every task ran once
    pids = list(Task.objects.values_list("result", flat=True))
    assert sorted(pids.count(pid) for pid in set(pids)) == [2, 4, 4]
    assert set(Task.objects.values_list("state", "tries", "attempt_count")) == {
        (State.SUCCESS, 1, 1)
    }
    assert capfd.readouterr().err.count("it has run 4 tasks (max-tasks-per-horse 4)") == 2


def test_max_jobs_counts_over_all_work_horses(tmp_path: Path):
    calls = [([], {"directory": str(tmp_path)})] * 8
    enqueue_many(task_type=registry.get("tests.mark"), calls=calls)

    with running_worker("default", "--max-tasks-per-horse", "2", "--max-jobs", "5") as worker:
        assert worker.process.wait(60) == 0

    assert Task.objects.filter(state=State.SUCCESS).count() == 5
    assert Task.objects.filter(state=State.PENDING).count() == 3


def test_a_work_horse_that_has_grown_too_large_is_replaced(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
):
    with running_worker("default", "--max-memory-mb", "300") as worker:
        # given a task that eats more than the limit, and others behind it
        first = worker.horse_pid()
        eater = submit("eat", megabytes=300)
        others = [submit("mark", directory=str(tmp_path), seconds=0.05) for _ in range(20)]
        wait_for(all_ended([eater, *others]))
        wait_for(lambda: worker.horse_pid() not in {None, first}, what="a new horse")
        after = submit("mark", directory=str(tmp_path))
        wait_for(all_ended([after]))

    # then the next one runs in another process, and no try was spent on the change
    assert reload(eater).result == first
    assert reload(after).result != first
    assert {(reload(task).state, reload(task).tries) for task in others} == {(State.SUCCESS, 1)}
    assert not Attempt.objects.exclude(outcome="succeeded").exists()
    assert capfd.readouterr().err.count("MiB (max-memory-mb 300)") == 1


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (
            ["--max-tasks-per-horse", "-1"],
            "--max-tasks-per-horse is -1: it must be a whole number from 0 to 1,000,000,000.",
        ),
        (["--max-memory-mb", "1.5"], "argument --max-memory-mb: invalid int value: '1.5'"),
        (
            ["--max-memory-mb", "5"],
            "--max-memory-mb (or JOBS['MAX_MEMORY_MB']) is 5: it must be 0, or above the ",
        ),
        (
            ["--max-memory-mb", "900", "--worker-class", "rq.SimpleWorker"],
            "--max-memory-mb: SimpleWorker does not know it",
        ),
    ],
)
def test_a_senseless_limit_is_refused_at_the_start(flags: list[str], sentence: str):
    done = subprocess.run(
        [sys.executable, "manage.py", "rqworker", "default", *flags],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "taskqueue_site.settings.test"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode not in {0, -signal.SIGTERM}
    assert sentence in done.stderr.splitlines()[-1]

"""Coroutine tasks in real workers: many in one event loop, with all that threads promise."""

import os
import signal
from pathlib import Path

import pytest

from jobs.domain.registry import registry
from jobs.domain.states import State
from jobs.models import Attempt, Event, Task, WorkerLease
from jobs.services.cancel import cancel
from jobs.services.enqueue import enqueue, enqueue_many
from tests.support.rows import reload
from tests.support.waiting import wait_for
from tests.support.workers import all_ended, running_worker

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
]


def submit(name: str, **options: object) -> Task:
    """Enqueue a task of one of the tests' own types; options go to the service."""
    arguments = options.pop("kwargs", {})
    return enqueue(task_type=registry.get(f"tests.{name}"), kwargs=arguments, **options)


def submit_many(name: str, count: int, /, **arguments: object) -> list[Task]:
    """Enqueue that many tasks with the same arguments."""
    ids = enqueue_many(task_type=registry.get(f"tests.{name}"), calls=[([], arguments)] * count)
    return list(Task.objects.filter(pk__in=ids).order_by("pk"))


def endings(task: Task) -> list[str]:
    """How the task's attempts ended, in order."""
    return list(task.attempts.order_by("number").values_list("outcome", flat=True))


def marks(directory: Path, task: Task) -> list[str]:
    """The lines that the task has left."""
    return (directory / str(task.pk)).read_text().splitlines()


def begun(directory: Path, count: int) -> None:
    """Wait until that many tasks have left their first line."""
    wait_for(lambda: len(list(directory.iterdir())) >= count, what=f"{count} begun tasks")


def test_a_thousand_coroutines_run_at_once_in_one_process():
    # given tasks that end only when a thousand of them are in one process at the same time
    tasks = submit_many("meet", 1000, company=1000)

    # when one worker takes them
    with running_worker("default", "--async", "1000") as worker:
        wait_for(WorkerLease.objects.exists)
        assert WorkerLease.objects.get().concurrency == 1001
        wait_for(all_ended(tasks))
        horse = worker.horse_pid()

    # then they have met there
    results = Task.objects.filter(pk__in=[task.pk for task in tasks], state=State.SUCCESS)
    assert list(results.values_list("result", flat=True)) == [horse] * 1000


def test_what_a_coroutine_may_do_in_the_loop():
    with running_worker("--async", "10"):
        greeting = submit("greet", kwargs={"name": "ann"})
        again = submit("snooze_async")
        database = [submit("orm_async") for _ in range(20)]
        tasks = [greeting, again, *database]
        wait_for(all_ended(tasks))

    assert reload(greeting).result == "hello ann"
    assert (reload(again).result, endings(again)) == ("back", ["snoozed", "succeeded"])
    assert [reload(task).result for task in database] == [["tests.orm_async", True, True]] * 20


def test_a_coroutine_beyond_its_time_limit_meets_the_timeout_where_it_waits(tmp_path: Path):
    with running_worker("--async", "10") as worker:
        # given short limits beside a task without haste
        alone = submit("mark_async", kwargs={"directory": str(tmp_path), "seconds": 1.0})
        late = submit(
            "mark_async",
            kwargs={"directory": str(tmp_path), "seconds": 60},
            timeout_seconds=0.3,
            max_retries=0,
        )
        group = submit("group_async", kwargs={"directory": str(tmp_path)}, timeout_seconds=0.3)
        begun(tmp_path, 1)
        horse = worker.horse_pid()
        wait_for(all_ended([alone, late, group]))
        assert worker.horse_pid() == horse

    # then only they ended, each in its own order
    assert (reload(late).state, endings(late)) == (State.FAILURE, ["timeout"])
    assert marks(tmp_path, late) == ["B", "ran longer than its time limit of 0.3 s"]
    assert reload(late).error == "TaskTimeout: ran longer than its time limit of 0.3 s"
    assert "await asyncio.sleep(seconds)" in late.attempts.get().traceback
    assert (reload(group).state, endings(group)) == (State.FAILURE, ["timeout"])
    assert marks(tmp_path, group) == ["cancelled"] * 3
    assert endings(alone) == ["succeeded"]


def test_a_running_coroutine_that_is_cancelled_stops_and_its_neighbours_do_not(tmp_path: Path):
    with running_worker("--async", "10") as worker:
        calls = {"directory": str(tmp_path), "seconds": 1.5}
        tasks = submit_many("mark_async", 3, **calls)
        begun(tmp_path, 3)
        horse = worker.horse_pid()

        cancel(task_id=tasks[0].pk, actor="ann")
        wait_for(all_ended(tasks))
        assert worker.horse_pid() == horse

    assert (reload(tasks[0]).state, endings(tasks[0])) == (State.REVOKED, ["cancelled"])
    assert marks(tmp_path, tasks[0]) == ["B", "cancelled while it ran"]
    assert [endings(task) for task in tasks[1:]] == [["succeeded"]] * 2


@pytest.mark.parametrize(
    ("culprit", "innocent_limit"), [("stubborn_async", 300.0), ("block_async", 0.3)]
)
def test_what_does_not_end_when_asked_is_killed_and_its_neighbours_lose_no_try(
    culprit: str, innocent_limit: float, tmp_path: Path
):
    with running_worker("--async", "10") as worker:
        # given tasks beside one that swallows its orders, or never lets them in; in the second
        # case a neighbour's own limit passes first, which it cannot help
        neighbours = [
            submit("mark_async", kwargs={"directory": str(tmp_path), "seconds": 0.2},
                   timeout_seconds=innocent_limit)
            for _ in range(3)
        ]  # fmt: skip
        begun(tmp_path, 1)
        horse = worker.horse_pid()
        guilty = submit(culprit, kwargs={"seconds": 60}, timeout_seconds=0.5)
        more = submit_many("mark_async", 2, directory=str(tmp_path), seconds=0.2)
        wait_for(all_ended([guilty, *neighbours, *more]))

        # then its process was killed for it
        assert worker.horse_pid() != horse
    assert (reload(guilty).state, endings(guilty)) == (State.FAILURE, ["timeout"])
    assert "did not end when asked" in reload(guilty).error
    for task in [*neighbours, *more]:
        assert (reload(task).state, endings(task)) == (State.SUCCESS, ["succeeded"])
        assert reload(task).rescues == 0


def test_a_killed_process_costs_each_of_its_coroutines_one_rescue(tmp_path: Path):
    with running_worker("default", "--async", "200") as worker:
        # given two hundred in mid-run
        tasks = submit_many("mark_async", 200, directory=str(tmp_path), seconds=2.0)
        begun(tmp_path, 200)

        # when their process is killed
        os.kill(worker.horse_pid() or 0, signal.SIGKILL)
        wait_for(all_ended(tasks))

    # then each was rescued once and ran once more
    ends = Attempt.objects.order_by("task_id", "number").values_list("outcome", flat=True)
    assert list(ends) == ["crashed", "succeeded"] * 200
    assert {tuple(marks(tmp_path, task)) for task in tasks} == {("B", "B", "E")}


def test_sigterm_lets_running_coroutines_end_and_gives_the_rest_back(tmp_path: Path):
    with running_worker("default", "--async", "5") as worker:
        # given five that run, of which one ends when it is asked to, and more behind them
        asked = submit("polite_async")
        running = submit_many("mark_async", 4, directory=str(tmp_path), seconds=1.0)
        begun(tmp_path, 4)
        wait_for(lambda: reload(asked).progress is not None)
        waiting = submit_many("greet", 5, name="x")

        # when
        assert worker.terminate() == 0

    # then
    assert reload(asked).result == "asked"
    assert [endings(task) for task in running] == [["succeeded"]] * 4
    assert {reload(task).state for task in waiting} == {State.PENDING}
    assert not Attempt.objects.filter(task__in=waiting).exists()


def test_coroutines_that_outlast_the_drain_are_given_back_without_a_try_spent(tmp_path: Path):
    with running_worker("default", "--async", "5", DRAIN_SECONDS="0.5") as worker:
        tasks = submit_many("mark_async", 5, directory=str(tmp_path), seconds=60)
        begun(tmp_path, 5)
        assert worker.terminate() == 0

    for task in tasks:
        row = reload(task)
        assert (row.state, row.tries, row.rescues) == (State.PENDING, 0, 0)
    assert Event.objects.filter(kind="rescued").count() == 5


def test_neither_kind_waits_behind_the_other(tmp_path: Path):
    with running_worker("default", "--async", "3", DRAIN_SECONDS="0"):
        # given a long task in the only thread, and coroutines behind many more of its kind
        long = submit("mark", kwargs={"directory": str(tmp_path), "seconds": 4.0})
        begun(tmp_path, 1)
        queued = submit_many("sleep", 150, seconds=0.0)
        coroutines = submit_many("greet", 5, name="x")

        # then the coroutines run meanwhile, and the others keep, or are given back, their places
        wait_for(all_ended(coroutines))
        waiting = Task.objects.filter(pk__in=[task.pk for task in queued], state=State.PENDING)
        wait_for(lambda: waiting.count() == len(queued))
        assert reload(long).state == State.STARTED
        wait_for(all_ended([long, *queued]))

        # given as many long coroutines as there is room for, and more behind them
        submit_many("mark_async", 9, directory=str(tmp_path), seconds=60)
        begun(tmp_path, 4)
        behind = submit("mark", kwargs={"directory": str(tmp_path)})

        # then a task for a thread runs meanwhile
        wait_for(all_ended([behind]))
    ran = Attempt.objects.filter(task__in=queued).order_by("started_at")
    assert list(ran.values_list("task_id", flat=True)) == [task.pk for task in queued]


def test_both_kinds_share_one_worker(tmp_path: Path):
    with running_worker("--async", "50", "--threads", "4"):
        tasks = [
            submit(name, kwargs={"directory": str(tmp_path), "seconds": 0.01})
            for _ in range(100)
            for name in ("mark", "mark_async")
        ]
        wait_for(all_ended(tasks))

    assert Attempt.objects.count() == 200
    assert {reload(task).state for task in tasks} == {State.SUCCESS}


def test_what_a_coroutine_leaves_running_ends_with_it(tmp_path: Path):
    with running_worker("--async", "5"):
        task = submit("forget_async", kwargs={"directory": str(tmp_path)})
        wait_for(all_ended([task]))

    assert (tmp_path / "cancelled").exists()
    assert reload(task).state == State.SUCCESS


def test_a_slow_synchronous_call_of_one_coroutine_does_not_hold_up_the_others():
    with running_worker("--async", "10"):
        # given a coroutine in a synchronous call
        slow = submit("wait_in_a_thread", kwargs={"seconds": 2})
        wait_for(lambda: reload(slow).state == State.STARTED)

        # then others use the database meanwhile
        others = [submit("orm_async") for _ in range(5)]
        wait_for(all_ended(others))
        assert reload(slow).state == State.STARTED
        wait_for(all_ended([slow]))
    assert {reload(task).state for task in [slow, *others]} == {State.SUCCESS}

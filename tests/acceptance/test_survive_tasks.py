"""Tasks that do their worst: each ends as it should, and the worker goes on with the next."""

from pathlib import Path

import pytest
from redis import Redis

from jobs.domain.registry import registry
from jobs.domain.states import State
from jobs.models import Attempt, Task
from jobs.services.enqueue import enqueue
from tests.support.process_tree import is_alive
from tests.support.rows import reload, submit_marks
from tests.support.verdict import all_settled, violations
from tests.support.waiting import wait_for
from tests.support.workers import running_worker

pytestmark = [pytest.mark.acceptance, pytest.mark.django_db(transaction=True)]


def submit(name: str, *, timeout_seconds: float | None = None, **arguments: object) -> Task:
    return enqueue(
        task_type=registry.get(f"tests.{name}"), kwargs=arguments, timeout_seconds=timeout_seconds
    )


def test_every_bad_task_ends_and_leaves_the_worker_whole(tmp_path: Path, redis: Redis):
    with running_worker():
        # given tasks of every bad kind
        expected = {
            submit("devour"): (State.FAILURE, "failed", "MemoryError"),
            submit("killed"): (State.FAILURE, "crashed", "signal 9"),
            submit("spin", timeout_seconds=0.3): (State.FAILURE, "timeout", "time limit of 0.3 s"),
            submit("stubborn", seconds=60, timeout_seconds=0.3): (
                State.FAILURE,
                "timeout",
                "did not end when asked",
            ),
            submit("leave_politely"): (State.FAILURE, "failed", "SystemExit"),
        }
        after = submit_marks(5, tmp_path, seconds=0)

        # when they have run
        ids = [str(task.pk) for task in expected] + after
        wait_for(all_settled(ids, redis))

    # then each has ended in its own way, and the good ones well
    states = {str(task.pk): state for task, (state, _, _) in expected.items()}
    wanted = states | dict.fromkeys(after, State.SUCCESS)
    assert violations(ids, redis, expected=wanted) == []
    for task, (_, outcome, words) in expected.items():
        assert set(task.attempts.values_list("outcome", flat=True)) == {outcome}
        assert words in reload(task).error


def test_a_child_that_a_task_leaves_behind_does_not_become_a_second_horse(
    tmp_path: Path, redis: Redis
):
    with running_worker():
        # given a task that forks a child, which comes out of the function as the task does
        task = submit("fork", directory=str(tmp_path), seconds=0.5)
        after = submit_marks(1, tmp_path, seconds=0)
        ids = [str(task.pk), *after]
        wait_for(all_settled(ids, redis))

        # then the child ends by itself when it is done, and has changed nothing
        child = int((tmp_path / "child").read_text())
        wait_for(lambda: not is_alive(child), what="the end of the child")

    assert violations(ids, redis) == []
    assert Attempt.objects.count() == 2


def test_the_death_of_a_horse_is_noticed_although_its_child_lives(tmp_path: Path, redis: Redis):
    with running_worker(DRAIN_SECONDS="0") as worker:
        # given a task with a child that would live on
        task = submit("fork", directory=str(tmp_path), seconds=60, wait=True)
        wait_for((tmp_path / "child").exists)
        child = int((tmp_path / "child").read_text())
        (tmp_path / "child").unlink()

        # when its horse dies
        worker.kill_horse()

        # then the task begins again, and the child of its first attempt is gone
        wait_for(lambda: task.attempts.exists(), what="the first attempt's end")
        wait_for(lambda: not is_alive(child), what="the end of the child")
        wait_for((tmp_path / "child").exists, what="the second attempt")
        worker.process.terminate()
        worker.process.terminate()
    assert list(task.attempts.values_list("outcome", flat=True)) == ["crashed"]


def test_a_row_that_says_a_worker_holds_it_and_is_not_in_its_hands_runs(
    tmp_path: Path, redis: Redis
):
    with running_worker():
        first = submit_marks(1, tmp_path, seconds=0)
        wait_for(all_settled(first, redis))

        # given a claim whose commit the worker never heard of
        name = Attempt.objects.get().worker
        lost = Task.objects.create(
            name="tests.mark",
            queue="default",
            kwargs={"directory": str(tmp_path)},
            state=State.STARTED,
            fence=1,
            worker=name,
        )

        # then the worker finds it and runs it
        ids = [*first, str(lost.pk)]
        wait_for(all_settled(ids, redis))

    assert violations(ids, redis, marks=tmp_path) == []
    assert Attempt.objects.count() == 2

"""Django's own signals of tasks, received where the tasks run."""

import os
from pathlib import Path

import pytest

from jobs.domain.registry import registry
from jobs.domain.states import State
from jobs.models import Task
from jobs.services.cancel import cancel
from jobs.services.enqueue import enqueue
from tests.support.listening import LISTENING, heard
from tests.support.rows import reload
from tests.support.waiting import wait_for
from tests.support.workers import all_ended, running_worker

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
]


def submit(name: str, /, **kwargs: object) -> Task:
    return enqueue(task_type=registry.get(f"tests.{name}"), kwargs=kwargs)


@pytest.mark.parametrize("flags", [(), ("--threads", "3"), ("--async", "3")])
def test_receivers_hear_each_start_and_the_one_end(tmp_path: Path, flags: tuple[str, ...]):
    with running_worker("default", *flags, **{LISTENING: str(tmp_path)}):
        # given
        well, badly = submit("greet", name="x"), submit("boom")
        stopped = submit("sleep", seconds=60)
        wait_for(lambda: heard(tmp_path, stopped.pk))
        cancel(task_id=stopped.pk, actor="ann")

        # then, the receiver that fails notwithstanding
        wait_for(all_ended([well, badly, stopped]))
        wait_for(lambda: heard(tmp_path, well.pk) == ["started RUNNING 1", "finished SUCCESSFUL 1"])
        wait_for(
            lambda: (
                heard(tmp_path, badly.pk)
                == [
                    "started RUNNING 1",
                    "started RUNNING 2",
                    "started RUNNING 3",
                    "finished FAILED 3",
                ]
            )
        )
        wait_for(lambda: heard(tmp_path, stopped.pk)[1:] == ["finished FAILED 1"])


def test_the_end_of_a_task_that_died_with_its_process_is_heard(tmp_path: Path):
    with running_worker("default", **{LISTENING: str(tmp_path)}) as worker:
        # given a task whose last allowed death this is
        task = submit("sleep", seconds=60)
        Task.objects.filter(pk=task.pk).update(rescues=2)
        wait_for(lambda: heard(tmp_path, task.pk))

        # when
        os.kill(worker.horse_pid() or 0, 9)

        # then
        wait_for(lambda: heard(tmp_path, task.pk)[1:] == ["finished FAILED 1"])
    assert reload(task).state == State.FAILURE

"""Tasks that wait for each other, in real workers."""

import pytest

from jobs.domain.registry import registry
from jobs.domain.states import State
from jobs.models import Dependency, Task
from jobs.services.enqueue import enqueue
from tests.support.rows import reload
from tests.support.waiting import wait_for
from tests.support.workers import all_ended, running_worker

pytestmark = [pytest.mark.acceptance, pytest.mark.django_db(transaction=True)]


def submit(name: str, *others: Task, **arguments: object) -> Task:
    """Enqueue a task of one of the tests' own types after the others."""
    task_type = registry.get(f"tests.{name}")
    return enqueue(task_type=task_type, kwargs=arguments, depends_on=[each.pk for each in others])


def test_each_runs_after_what_it_depends_on_and_a_failure_goes_down_the_line(tmp_path):
    # given a diamond that succeeds, and a line of which the first fails
    with running_worker():
        top = submit("mark", directory=str(tmp_path), seconds=0.3)
        sides = [submit("mark", top, directory=str(tmp_path)) for _ in range(20)]
        bottom = submit("mark", *sides, directory=str(tmp_path))
        failing = submit("boom")
        waiting = submit("mark", failing, directory=str(tmp_path))
        last = submit("mark", waiting, directory=str(tmp_path))
        line = [failing, waiting, last]
        wait_for(all_ended([top, *sides, bottom, *line]))

    # then each of the diamond began after those before it had ended
    rows = [reload(task) for task in (top, *sides, bottom)]
    assert {row.state for row in rows} == {State.SUCCESS}
    top, *sides, bottom = rows
    assert all(side.started_at >= top.finished_at for side in sides)
    assert bottom.started_at >= max(side.finished_at for side in sides)
    # and of the line only the first ever ran
    assert [reload(task).state for task in line] == [State.FAILURE] * 3
    assert [task.attempts.count() for task in line] == [3, 0, 0]
    assert not Task.objects.awaited_ends().exists()
    assert not Dependency.objects.filter(settled=False).exists()

"""Two that want the same row at the same moment: one wins, and the history says who."""

import os
import socket
from functools import partial

import pytest

from jobs.domain.outcomes import Ending
from jobs.domain.processes import started_mark
from jobs.domain.states import Move, State
from jobs.exceptions import TransitionRefused
from jobs.maintenance.promote import promote
from jobs.maintenance.reap import Reaper
from jobs.maintenance.sweep import Sweeper
from jobs.models import Attempt, Task, WorkerLease
from jobs.services.cancel import cancel
from jobs.services.requeue import requeue
from jobs.services.rescue import held_by, rescue
from tests.support.at_once import at_once
from tests.support.rows import ago, claimed, exchanged, finished, make_task, outcome_of, reload

pytestmark = pytest.mark.django_db(transaction=True)

#: Each race is run so often: who wins is chance.
ROUNDS = 15


def endings(task: Task) -> list[str]:
    return list(task.attempts.order_by("number").values_list("outcome", flat=True))


def test_of_two_workers_with_the_same_tickets_one_gets_each_task():
    tasks = [make_task() for _ in range(100)]

    # when four claim all of them at once, two from the end
    orders = [tasks, tasks[::-1], tasks, tasks[::-1]]
    answers = at_once(
        *(partial(exchanged, [], *order, worker=f"w{n}") for n, order in enumerate(orders))
    )

    # then each task is held by one of them, under its first fence
    claims = [claim for answer in answers for claim in answer.claims]
    assert sorted(claim.task_id for claim in claims) == sorted(str(task.pk) for task in tasks)
    assert {claim.fence for claim in claims} == {1}


def test_a_cancel_that_races_with_a_success_never_undoes_it():
    for _ in range(ROUNDS):
        task = make_task()
        outcome = outcome_of(claimed(task))

        _, answer = at_once(partial(finished, outcome), partial(cancel, task_id=task.pk, actor="a"))

        # then the task has succeeded, and the caller was told that it was asked, or too late
        assert (reload(task).state, endings(task)) == (State.SUCCESS, ["succeeded"])
        assert isinstance(answer, Task | TransitionRefused)


def test_a_cancel_that_races_with_a_failure_is_never_followed_by_another_try():
    for _ in range(ROUNDS):
        task = make_task()
        outcome = outcome_of(
            claimed(task), move=Move.RETRY, ending=Ending.FAILED, run_after=ago(0).timestamp()
        )

        _, answer = at_once(partial(finished, outcome), partial(cancel, task_id=task.pk, actor="a"))

        assert isinstance(answer, Task)
        assert (reload(task).state, endings(task)) == (State.REVOKED, ["failed"])


def test_a_cancel_that_races_with_a_claim_is_never_lost():
    for _ in range(ROUNDS):
        task = make_task()

        did, _ = at_once(partial(exchanged, [], task), partial(cancel, task_id=task.pk, actor="a"))

        row = reload(task)
        assert row.cancel_requested_at is not None
        assert row.state == (State.STARTED if did.claims else State.REVOKED)


def test_a_rescue_that_races_with_an_end_and_a_requeue_touches_only_what_it_saw():
    for _ in range(ROUNDS):
        # given a task whose worker is taken for dead while it writes the end
        task = make_task()
        failure = outcome_of(claimed(task), move=Move.FAIL, ending=Ending.FAILED)
        held = held_by("w1")

        def end_and_requeue(task: Task = task, failure: object = failure) -> object:
            finished(failure)
            return requeue(task_id=task.pk, actor="ann")

        # when both happen at once
        requeued, _ = at_once(
            end_and_requeue, partial(rescue, held, verdicts=None, detail="no heartbeat")
        )

        # then one attempt ended once, and a task that was requeued waits in its new life
        if isinstance(requeued, TransitionRefused):
            assert (reload(task).state, endings(task)) == (State.RETRY, ["lost"])
        else:
            row = reload(task)
            assert (row.state, row.fence, endings(task)) == (State.PENDING, 2, ["failed"])
        Task.objects.all().delete()


def test_two_leaders_at_once_do_no_harm(redis):
    # given due tasks, lost tickets, and a dead worker with what it held
    due = [make_task(state=State.RETRY, run_after=ago(5)) for _ in range(50)]
    lost = [make_task(queue="low", run_after=ago(60)) for _ in range(50)]
    held = [make_task() for _ in range(20)]
    exchanged([], *held, worker="dead")
    WorkerLease.objects.create(name="dead", host=socket.gethostname(), pid=1, pid_started="0")
    assert started_mark(os.getpid()) != "0"

    # when three maintain at once
    def maintain() -> list[str]:
        promote()
        Sweeper().sweep()
        return Reaper().reap()

    answers = at_once(maintain, maintain, maintain)

    # then each thing happened once
    assert all(isinstance(answer, list) for answer in answers), answers
    assert {reload(task).state for task in due + lost} == {State.PENDING}
    assert [endings(task) for task in held] == [["lost"]] * 20
    assert Attempt.objects.count() == 20
    assert not WorkerLease.objects.exists()

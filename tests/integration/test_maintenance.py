import os
import socket
import subprocess
from itertools import pairwise

import pytest
from redis import Redis

from jobs.broker import leader
from jobs.broker.tickets import list_key, ticket
from jobs.domain.processes import started_mark
from jobs.domain.states import State
from jobs.maintenance.promote import promote
from jobs.maintenance.reap import Reaper
from jobs.maintenance.sweep import LONGEST_PAUSE_SECONDS, Sweeper
from jobs.models import Task, WorkerLease
from jobs.services.rescue import Verdict, held_by, rescue
from tests.support.rows import ago, claimed, make_task, reload

pytestmark = pytest.mark.django_db(transaction=True)


def listed(redis: Redis, queue: str = "default") -> list[str]:
    return [item.decode() for item in redis.lrange(list_key(queue), 0, -1)]


def make_lease(name: str, **columns: object) -> WorkerLease:
    """A lease of this very process, unless the columns say otherwise."""
    given = {
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "pid_started": started_mark(os.getpid()),
        "queues": ["default"],
    } | columns
    return WorkerLease.objects.create(name=name, **given)


@pytest.mark.parametrize("state", [State.SCHEDULED, State.RETRY])
def test_what_has_fallen_due_becomes_pending_and_is_rung_for(state, redis):
    due = make_task(state=state, run_after=ago(1))
    later = make_task(state=state, run_after=ago(-60))

    assert promote() == 1

    assert (reload(due).state, reload(later).state) == (State.PENDING, state)
    assert listed(redis) == [ticket(str(due.pk))]
    assert promote() == 0


def test_the_longest_due_is_rung_first(redis):
    tasks = [make_task(state=State.RETRY, run_after=ago(seconds)) for seconds in (5, 30, 10)]

    promote()

    order = [tasks[1], tasks[2], tasks[0]]
    assert listed(redis) == [ticket(str(task.pk)) for task in order]


def test_the_sweep_rings_for_what_redis_lost(redis):
    lost = [make_task(run_after=ago(10)) for _ in range(3)]
    fresh = make_task()

    assert Sweeper().sweep() == 3

    assert listed(redis) == [ticket(str(task.pk)) for task in lost]
    assert ticket(str(fresh.pk)) not in listed(redis)


def test_the_sweep_rings_only_for_tasks_older_than_the_head_of_their_list(redis):
    lost = make_task(run_after=ago(60))
    head = make_task(run_after=ago(30))
    behind = make_task(run_after=ago(20))
    redis.rpush(list_key("default"), ticket(str(head.pk)), ticket(str(behind.pk)))

    assert Sweeper().sweep() == 1

    assert listed(redis) == [ticket(str(task.pk)) for task in (lost, head, behind)]
    assert Sweeper().sweep() == 0


def test_a_plain_job_at_the_head_does_not_blind_the_sweep(redis):
    lost = make_task(run_after=ago(60))
    head = make_task(run_after=ago(30))
    redis.rpush(list_key("default"), "a-plain-job", ticket(str(head.pk)))

    assert Sweeper().sweep() == 1
    assert ticket(str(lost.pk)) in listed(redis)


def test_a_forged_ticket_at_the_head_does_not_break_the_sweep(redis):
    redis.rpush(list_key("default"), ticket("no-uuid-at-all"))
    make_task(run_after=ago(60))

    Sweeper().sweep()


def test_what_no_worker_takes_is_rung_for_ever_more_slowly(redis):
    # given a task whose tickets are popped and come to nothing
    make_task(run_after=ago(60))
    sweeper = Sweeper()

    # when it is swept each second for ten minutes
    rung_at = []
    for second in range(600):
        if sweeper.sweep(now_seconds=float(second)):
            rung_at.append(second)
            redis.delete(list_key("default"))

    # then the pauses grow, to a minute at most
    pauses = [later - earlier for earlier, later in pairwise(rung_at)]
    assert pauses[:6] == [2, 4, 8, 16, 32, 60]
    assert set(pauses[6:]) == {LONGEST_PAUSE_SECONDS}


def test_what_redis_loses_after_a_long_time_is_rung_again_at_once(redis):
    make_task(run_after=ago(60))
    sweeper = Sweeper()
    sweeper.sweep(now_seconds=0.0)
    assert sweeper.sweep(now_seconds=1.0) == 0
    sweeper.sweep(now_seconds=10.0)
    redis.delete(list_key("default"))

    assert sweeper.sweep(now_seconds=60.0) == 1


def test_a_worker_whose_process_is_gone_is_reaped_at_once(redis):
    # given a worker that held a task, and whose process has ended
    process = subprocess.Popen(["sleep", "60"])
    make_lease("w1", pid=process.pid, pid_started=started_mark(process.pid))
    task = make_task()
    claimed(task, worker="w1")
    process.kill()
    process.wait()

    # when
    assert Reaper().reap() == ["w1"]

    # then
    row = reload(task)
    assert (row.state, row.rescues, row.tries) == (State.RETRY, 1, 0)
    assert [attempt.outcome for attempt in task.attempts.all()] == ["lost"]
    assert not WorkerLease.objects.exists()


def test_a_worker_of_another_host_is_reaped_when_its_beat_stood_still_for_a_lease(monkeypatch):
    make_lease("far", host="elsewhere", lease_seconds=30)
    task = make_task()
    claimed(task, worker="far")
    clock = [1000.0]
    monkeypatch.setattr("jobs.maintenance.reap.time.monotonic", lambda: clock[0])
    reaper = Reaper()

    def look(seconds: int) -> list[str]:
        """Look once a second for so long."""
        dead = []
        for _ in range(seconds):
            clock[0] += 1
            dead += reaper.reap()
        return dead

    assert look(30) == []
    WorkerLease.objects.update(beat=1)
    assert look(31) == []
    assert look(1) == ["far"]

    assert reload(task).state == State.RETRY


def test_time_in_which_the_reaper_did_not_look_proves_nothing(monkeypatch):
    # given a worker elsewhere, and a reaper that has seen it
    make_lease("far", host="elsewhere", lease_seconds=30)
    clock = [1000.0]
    monkeypatch.setattr("jobs.maintenance.reap.time.monotonic", lambda: clock[0])
    reaper = Reaper()
    reaper.reap()

    # when the database is away for all of them, for an hour
    clock[0] += 3600

    # then the worker has time to beat again
    assert reaper.reap() == []
    assert WorkerLease.objects.exists()


def test_a_late_reaper_leaves_alone_what_a_worker_has_claimed_since():
    # given what a reaper has read of a worker it takes for dead
    lost, next_one = make_task(), make_task()
    claimed(lost, worker="w1")
    held = held_by("w1")

    # when the worker comes back under its name and claims, before the reaper goes on
    claimed(next_one, worker="w1")
    rescue(held, verdicts=None, detail="no heartbeat")

    # then
    assert reload(lost).state == State.RETRY
    assert reload(next_one).state == State.STARTED


def test_a_living_worker_is_left_alone():
    make_lease("w1")
    task = make_task()
    claimed(task, worker="w1")

    assert Reaper().reap() == []
    assert reload(task).state == State.STARTED


def test_a_started_task_without_any_lease_is_rescued():
    task = make_task()
    claimed(task, worker="forgotten")

    assert Reaper().reap() == ["forgotten"]
    assert reload(task).state == State.RETRY


@pytest.mark.parametrize(
    ("verdict", "state", "ending"),
    [
        (Verdict.LOST, State.RETRY, "lost"),
        (Verdict.CRASHED, State.RETRY, "crashed"),
        (Verdict.TIMED_OUT, State.RETRY, "timeout"),
        (Verdict.STOPPED, State.REVOKED, "cancelled"),
    ],
)
def test_what_ran_is_rescued_by_its_verdict(verdict, state, ending):
    task = make_task()
    claim = claimed(task)

    rescue(held_by("w1"), verdicts={(claim.task_id, claim.fence): verdict}, detail="signal 9")

    assert reload(task).state == state
    attempt = task.attempts.get()
    assert (attempt.outcome, attempt.worker) == (ending, "w1")
    assert "signal 9" in attempt.error


def test_what_was_never_begun_is_given_back_without_a_trace(redis):
    task = make_task()
    claimed(task)

    rescue(held_by("w1"), verdicts={}, detail="signal 9")

    assert (reload(task).state, reload(task).tries, reload(task).rescues) == (State.PENDING, 0, 0)
    assert not task.attempts.exists()
    assert listed(redis) == [ticket(str(task.pk))]


def test_a_cancelled_task_that_is_rescued_is_revoked():
    task = make_task()
    claim = claimed(task)
    Task.objects.filter(pk=task.pk).update(cancel_requested_at=ago(1))

    rescue(held_by("w1"), verdicts={(claim.task_id, claim.fence): Verdict.CRASHED}, detail="x")

    assert reload(task).state == State.REVOKED


def test_one_process_leads_until_it_resigns():
    assert leader.lead("a")
    assert not leader.lead("b")
    assert leader.lead("a")
    assert leader.leader() == "a"
    leader.resign("b")
    assert not leader.lead("b")
    leader.resign("a")
    assert leader.lead("b")

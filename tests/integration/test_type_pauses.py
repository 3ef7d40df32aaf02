"""Pauses of task types: who, what, when and why, and what keeps and gives their tickets."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.snapshot import snapshot
from jobs import task
from jobs.broker.tickets import list_key, ticket
from jobs.exceptions import InvalidOption, UnknownTaskType
from jobs.maintenance.sweep import Sweeper
from jobs.models import AuditEntry, TypePause, WorkerLease
from jobs.selectors.explain import explain
from jobs.selectors.findings import Level
from jobs.selectors.health import diagnose
from jobs.selectors.overview import overview
from jobs.selectors.pauses import paused_at
from jobs.selectors.queue_pages import queue_page
from jobs.selectors.queues import queues
from jobs.services.pause import pause, pause_type, resume, resume_type
from jobs.worker.slots import Slots
from tests.support.rows import ago, make_task

pytestmark = pytest.mark.django_db

SOON = timedelta(minutes=10)


@task(name="tests.renamed", aliases=("tests.old_name",))
def renamed() -> None:
    """A type that had another name."""


def paused_now() -> set[str]:
    return set(paused_at(timezone.now()).types)


def listed(redis, queue: str = "default") -> list[str]:
    return [item.decode() for item in redis.lrange(list_key(queue), 0, -1)]


def test_a_type_is_paused_and_resumed_and_both_are_kept():
    # when
    pause_type(name="add", actor="ann", reason="the sums are wrong")
    assert paused_now() == {"add"}
    resume_type(name="add", actor="bob", reason="they are right")

    # then
    assert paused_now() == set()
    (kept,) = TypePause.objects.all()
    assert (kept.name, kept.actor, kept.reason) == ("add", "ann", "the sums are wrong")
    assert (kept.ended_by, kept.ended_reason) == ("bob", "they are right")
    begun, ended = AuditEntry.objects.order_by("pk")
    assert (begun.verb, begun.subject_id, begun.after["paused_by"]) == ("type.pause", "add", "ann")
    assert (ended.verb, ended.subject_id, ended.reason) == ("type.resume", "add", "they are right")
    assert ended.before["reason"] == "the sums are wrong"


def test_types_and_queues_are_paused_apart():
    pause(queue="low", actor="ann", reason="lunch")
    pause_type(name="add", actor="ann", reason="lunch")

    resume(queue="low", actor="ann")

    assert paused_now() == {"add"}


def test_the_same_pause_twice_is_one_and_another_takes_its_place():
    first = pause_type(name="add", actor="ann", reason="lunch")
    assert pause_type(name="add", actor="bob", reason="lunch") == first

    until = timezone.now() + SOON
    pause_type(name="add", actor="bob", reason="a long lunch", until=until)

    new, old = TypePause.objects.all()
    assert (new.actor, new.until, new.ended_at) == ("bob", until, None)
    assert (old.actor, old.ended_by) == ("ann", "bob")


def test_a_pause_whose_time_is_over_does_not_count():
    TypePause.objects.create(name="add", actor="ann", reason="x", since=ago(60), until=ago(30))

    assert paused_now() == set()
    assert resume_type(name="add", actor="ann") is None


def test_what_is_no_type_no_reason_or_no_future_is_refused():
    for name in ("nothing", "a\0b"):
        with pytest.raises(UnknownTaskType):
            pause_type(name=name, actor="ann", reason="x")
        with pytest.raises(UnknownTaskType):
            resume_type(name=name, actor="ann")
    with pytest.raises(InvalidOption, match="reason is ''"):
        pause_type(name="add", actor="ann", reason="")
    with pytest.raises(InvalidOption, match="it must be a moment in the future"):
        pause_type(name="add", actor="ann", reason="x", until=ago(1))
    assert not TypePause.objects.exists()


def test_a_pause_is_of_a_type_whichever_of_its_names_is_said():
    # given a pause from before the type was renamed
    TypePause.objects.create(name="tests.old_name", actor="ann", reason="x")

    # then it holds the rows of both names, and is ended by the new one
    assert paused_now() == {"tests.renamed"}
    assert paused_at(timezone.now()).names == {"tests.renamed", "tests.old_name"}
    assert resume_type(name="tests.renamed", actor="bob").name == "tests.old_name"
    assert paused_now() == set()

    # and by the old name the type is paused under its new one
    assert pause_type(name="tests.old_name", actor="ann", reason="x").name == "tests.renamed"


def test_the_pause_of_a_type_that_is_gone_can_be_ended():
    TypePause.objects.create(name="gone", actor="ann", reason="x")
    assert paused_now() == {"gone"}

    resume_type(name="gone", actor="bob")

    assert paused_now() == set()


def test_supervisor_and_horse_share_what_is_paused():
    slots = Slots(2, 1, queues=["high", "low"], types=["add", "process"])
    assert (slots.paused(), slots.paused_types()) == (frozenset(), frozenset())

    slots.set_paused({"low"}, {"process", "unknown"})
    slots.clear()

    assert (slots.paused(), slots.paused_types()) == ({"low"}, {"process"})


def test_the_sweep_rings_for_no_paused_type_and_at_once_after_the_resume(redis):
    # given
    pause_type(name="add", actor="ann", reason="x")
    held, other = make_task(run_after=ago(60)), make_task(name="process", run_after=ago(30))
    sweeper = Sweeper()

    # when
    assert sweeper.sweep(now_seconds=0.0) == 1
    assert listed(redis) == [ticket(str(other.pk))]
    assert sweeper.sweep(now_seconds=1.0) == 0

    # and
    resume_type(name="add", actor="ann")
    assert sweeper.sweep(now_seconds=1.0) == 1
    assert listed(redis) == [ticket(str(held.pk)), ticket(str(other.pk))]


def test_the_sweep_rings_for_no_former_name_of_a_paused_type(redis):
    pause_type(name="tests.renamed", actor="ann", reason="x")
    make_task(name="tests.old_name", run_after=ago(60))

    assert Sweeper().sweep() == 0


def test_explain_names_the_pause_and_tells_of_no_lost_ticket(redis):
    WorkerLease.objects.create(name="w1", host="h1", pid=7, queues=["default"])
    pause_type(name="tests.renamed", actor="ann", reason="it burns")

    for name in ("tests.renamed", "tests.old_name"):
        (reason,) = explain(make_task(name=name, run_after=ago(60)))
        assert reason.code == "task_type_paused"
        assert f"Its type '{name}' is paused by ann since" in reason.message
        assert reason.message.endswith(": it burns")


def test_the_doctor_tells_of_a_paused_type_and_not_of_its_waits_and_tickets(redis):
    # given
    make_task(queue="low", run_after=ago(3600))
    WorkerLease.objects.create(name="w1", host="h1", pid=7, queues=["high", "default", "low"])
    pause_type(name="add", actor="ann", reason="it burns")

    # then
    found = diagnose().findings
    (paused,) = [each for each in found if "paused" in each.message]
    assert (paused.check, paused.level) == ("task types", Level.WARNING)
    assert paused.message.startswith("Task type add is paused by ann since")
    assert "POST /api/task-types/add/resume" in paused.mend
    assert {each.level for each in found if each.check == "tickets"} == {Level.OK}
    (low,) = [each for each in found if "Queue low" in each.message]
    assert (low.level, low.message) == (Level.OK, "Queue low: 1 waiting, 0 running, 1 worker.")

    # and what waits for a worker is still told
    make_task(queue="low", name="process", run_after=ago(3600))
    levels = {each.check: each.level for each in diagnose().findings if "low" in each.message}
    assert levels == {"queues": Level.WARNING, "tickets": Level.WARNING}


def test_the_strips_of_admin_and_dashboard_tell_of_a_paused_type(redis):
    WorkerLease.objects.create(name="w1", host="h1", pid=7, queues=["high", "default", "low"])
    pause_type(name="add", actor="ann", reason="it burns")

    told = "Task type add is paused by ann: it burns"
    assert overview(most_failed=1).condition.reasons == (told,)
    assert snapshot()["condition"]["reasons"] == [told]


def test_what_waits_because_its_type_is_paused_makes_no_queue_fall_behind():
    # given two queues in which a task waits for long, one of them of a paused type
    WorkerLease.objects.create(name="w1", host="h1", pid=7, queues=["high", "default", "low"])
    make_task(name="add", queue="low", run_after=ago(4000))
    make_task(name="tests.old_name", queue="high", run_after=ago(4000))
    pause_type(name="add", actor="ann", reason="it burns")

    # when
    reasons = overview(most_failed=1).condition.reasons
    oldest = {each.name: each.oldest_waiting_seconds for each in queues()}

    # then the other queue is told of alone
    assert [reason for reason in reasons if "falls behind" in reason] == [
        "The high queue falls behind: tasks wait for over an hour."
    ]
    assert oldest["low"] is None
    assert oldest["high"] >= 4000
    assert queue_page("low").facts.oldest_waiting_seconds is None

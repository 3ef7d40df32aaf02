"""Pauses of queues: who, what, when and why, and what every door says of them."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from jobs.exceptions import InvalidOption, UnknownQueue
from jobs.models import QueuePause, Rollup, Task
from jobs.selectors.pauses import paused_at
from jobs.selectors.queues import queues
from jobs.services.pause import pause, resume
from tests.support.rows import ago, make_task

pytestmark = pytest.mark.django_db

SOON = timedelta(minutes=10)
PAGE = "/admin/jobs/queuepause/"


def paused_now() -> set[str]:
    return set(paused_at(timezone.now()).queues)


def make_over(queue: str = "low") -> QueuePause:
    """A pause whose time is over, ended by nobody."""
    return QueuePause.objects.create(
        queue=queue, actor="ann", reason="lunch", since=ago(60), until=ago(30)
    )


def test_a_queue_is_paused_and_resumed_and_both_are_kept():
    # when
    pause(queue="low", actor="ann", reason="the printer burns")
    assert paused_now() == {"low"}
    resume(queue="low", actor="bob", reason="it is out")

    # then
    assert paused_now() == set()
    (kept,) = QueuePause.objects.all()
    assert (kept.queue, kept.actor, kept.reason) == ("low", "ann", "the printer burns")
    assert (kept.ended_by, kept.ended_reason) == ("bob", "it is out")
    assert kept.since <= kept.ended_at


def test_the_same_pause_twice_is_one():
    first = pause(queue="low", actor="ann", reason="lunch")

    assert pause(queue="low", actor="bob", reason="lunch") == first
    assert QueuePause.objects.get().actor == "ann"


def test_another_pause_takes_the_place_of_the_one_before_which_is_kept():
    pause(queue="low", actor="ann", reason="lunch")
    until = timezone.now() + SOON

    pause(queue="low", actor="bob", reason="a long lunch", until=until)

    new, old = QueuePause.objects.all()
    assert (new.actor, new.until, new.ended_at) == ("bob", until, None)
    assert (old.actor, old.ended_by) == ("ann", "bob")
    assert old.ended_at is not None


def test_a_pause_whose_time_is_over_does_not_count_and_is_kept_as_ended_by_itself():
    over = make_over()

    assert paused_now() == set()
    assert resume(queue="low", actor="ann") is None
    pause(queue="low", actor="ann", reason="dinner")

    over.refresh_from_db()
    assert (over.ended_at, over.ended_by) == (over.until, "")
    assert paused_now() == {"low"}


def test_a_queue_that_is_not_paused_can_be_resumed_without_a_trace():
    assert resume(queue="low", actor="ann") is None
    assert not QueuePause.objects.exists()


def test_what_is_no_queue_no_reason_or_no_future_is_refused():
    with pytest.raises(UnknownQueue, match="urgent"):
        pause(queue="urgent", actor="ann", reason="x")
    with pytest.raises(UnknownQueue, match="urgent"):
        resume(queue="urgent", actor="ann")
    with pytest.raises(InvalidOption, match="reason is '  '"):
        pause(queue="low", actor="ann", reason="  ")
    with pytest.raises(InvalidOption, match="it must be a moment in the future"):
        pause(queue="low", actor="ann", reason="x", until=ago(1))
    assert not QueuePause.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_who_pause_a_queue_at_once_all_are_served_and_one_pause_holds():
    # given
    together = threading.Barrier(6)
    faults: list[Exception] = []

    def press(name: str) -> None:
        together.wait()
        try:
            pause(queue="low", actor=name, reason=f"of {name}")
        except Exception as error:
            faults.append(error)
        finally:
            connection.close()

    # when
    threads = [threading.Thread(target=press, args=(f"u{number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    # then
    assert faults == []
    assert QueuePause.objects.count() == 6
    assert QueuePause.objects.open().count() == 1


def test_a_queue_tells_what_comes_and_goes_and_how_long_the_rest_will_last():
    # given 60 that came in the last minute, one before, and 150 a minute that end
    for _ in range(60):
        make_task(queue="low")
    Rollup.objects.create(
        at=timezone.now(), queue="low", name="add", succeeded=200, failed=60, revoked=40
    )

    # then
    low = queues()[2]
    assert (low.submitted_per_minute, low.ended_per_minute) == (60.0, 150.0)
    assert low.drain_seconds == 40.0  # 60 waiting, 90 fewer each minute
    assert queues()[0].drain_seconds == 0.0

    # and a paused one does not drain
    pause(queue="low", actor="ann", reason="lunch")
    assert queues()[2].drain_seconds is None


def test_when_much_came_the_newest_tell_how_quickly():
    # given 6,000 tasks within thirty seconds, 200 each second
    first = timezone.now() - timedelta(seconds=30)
    moments = [first + timedelta(seconds=number / 200) for number in range(6000)]
    Task.objects.bulk_create(Task(name="add", queue="low", created_at=moment) for moment in moments)

    # when
    earliest = timezone.now()
    rate = queues()[2].submitted_per_minute
    latest = timezone.now()

    # then the rate is that of the newest 5,000, from the first of them until now
    slowest, quickest = (
        60 * 5000 / (now - moments[1000]).total_seconds() for now in (latest, earliest)
    )
    assert slowest - 1 <= rate <= quickest + 1

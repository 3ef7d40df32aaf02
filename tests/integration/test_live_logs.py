"""What a running task logs, before its attempt keeps it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard.events import events_between
from dashboard.snapshot import facts_of
from jobs.domain.states import State
from jobs.maintenance.forget import forget_live_logs
from jobs.models import LiveLog
from jobs.selectors.facts import without_payload
from jobs.selectors.live_logs import live_logs
from jobs.store.live_logs import LogEnd, write_live_logs
from jobs.worker.captured_log import CapturedLog
from jobs.worker.log_tail import LEAST_SECONDS, LogTail
from tests.support.rows import make_task
from tests.support.staff import client_of

pytestmark = pytest.mark.django_db


def running(**columns):
    return make_task(state=State.STARTED, fence=3, worker="w1", **columns)


def said(task, text, *, fence=3):
    write_live_logs([LogEnd(str(task.pk), fence, text)])


def log_of(tail, task_id, *lines, seconds=LEAST_SECONDS):
    """A log that began so long ago and has these lines."""
    log = CapturedLog(lambda grown: tail.note(task_id, 3, grown))
    log.began -= seconds
    for line in lines:
        log.add(line, most_records=100, most_bytes=10_000)
    return log


def test_the_last_word_of_a_run_stands_in_place_of_the_one_before():
    task = running()

    said(task, "one")
    said(task, "one\ntwo")

    assert live_logs([task]) == {task.pk: "one\ntwo"}


def test_what_another_run_logged_is_not_told():
    task = running()

    said(task, "of the run before", fence=2)

    assert live_logs([task]) == {}


def test_what_an_ended_task_logged_is_its_attempts():
    task = make_task(state=State.SUCCESS, fence=3)

    said(task, "late")

    assert live_logs([task]) == {}


def test_secrets_are_hidden():
    task = running()

    said(task, 'sent {"password": "hunter2"}')

    assert "hunter2" not in live_logs([task])[task.pk]


def test_a_watcher_is_told_what_was_logged_only_with_the_payload():
    task = running()
    before = facts_of([task.pk])[task.pk]

    said(task, "halfway")
    after = facts_of([task.pk])[task.pk]

    (event,) = events_between(before, after)
    assert event == {
        "event": "log",
        "data": {"task_id": str(task.pk), "status": "STARTED", "log_tail": "halfway"},
    }
    assert events_between(without_payload(before), without_payload(after)) == []


@pytest.mark.parametrize(("verbs", "shown"), [(("jobs.view_payload",), True), ((), False)])
def test_the_page_of_a_task_shows_it_to_those_who_may_see_payloads(verbs, shown):
    task = running()
    said(task, "<b>halfway</b>\u202e")

    page = client_of("jobs.view_task", *verbs).get(f"/tasks/{task.pk}/").content.decode()

    assert ("&lt;b&gt;halfway&lt;/b&gt;\\u202e" in page) is shown
    assert "<b>halfway" not in page


def test_old_ones_are_forgotten():
    task, other = running(), running()
    said(task, "long ago")
    LiveLog.objects.update(at=timezone.now() - timedelta(hours=2))
    said(other, "now")

    assert forget_live_logs() == 1
    assert [log.task_id for log in LiveLog.objects.all()] == [other.pk]


def test_only_runs_that_last_are_taken_each_once_until_it_says_more():
    # given
    tail = LogTail()
    lasting = log_of(tail, "a", "one", "two")
    log_of(tail, "b", "short", seconds=0)
    with log_of(tail, "c", "over"):
        pass

    # then
    assert tail.take() == [("a", 3, "one\ntwo")]
    assert tail.take() == []
    lasting.add("three", most_records=100, most_bytes=10_000)
    assert tail.take() == [("a", 3, "one\ntwo\nthree")]


def test_the_end_is_short_however_much_was_logged():
    tail = LogTail()
    log = log_of(tail, "a", *(f"{number} " + "é" * 50 for number in range(200)))

    text = log.tail(lines=100, most=1000)

    assert len(text.encode()) <= 1000
    assert text.endswith("199 " + "é" * 50)


def test_while_nobody_watches_nothing_gathers():
    tail = LogTail()
    lasting = log_of(tail, "a", "one")
    with log_of(tail, "b", "over"):
        pass

    tail.forget_ended()

    assert [end.task_id for end in tail.take()] == ["a"]
    assert not lasting.is_over

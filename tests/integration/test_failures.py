"""What is told of groups of failures, and what people decide about them."""

import time
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.domain.fingerprint import FailureGroup
from jobs.domain.operations import Action
from jobs.domain.outcomes import Ending
from jobs.domain.states import Move, State
from jobs.domain.triage import FailureStatus, Triage
from jobs.exceptions import FailureNotFound, InvalidOption
from jobs.models import Failure, FailureChange, FailureCount
from jobs.selectors.failures import FailureFilter, history, latest_attempts, one, page
from jobs.selectors.pages import TaskFilter
from jobs.services.discard import discard
from jobs.services.failures import assign, triage, write_note
from jobs.services.requeue import requeue
from tests.support.failures import GROUP, fail, failed_outcome, write
from tests.support.operations import begin, worked
from tests.support.rows import reload

pytestmark = pytest.mark.django_db

FP = GROUP.fingerprint
HOUR = 3600


def group(number: int, name: str = "add") -> FailureGroup:
    return FailureGroup(name, f"shop.Error{number}")


def shown(**narrowing: object) -> list[str]:
    found = page(FailureFilter(**narrowing), limit=50)
    return [each.failure.exception for each in found.groups]


def test_the_numbers_of_the_last_hour_day_and_week():
    # given
    now = time.time()
    for hours, count in ((0, 3), (0.5, 2), (2, 4), (23, 1), (25, 8), (24 * 6, 16), (24 * 8, 32)):
        fail(count=count, finished=now - hours * HOUR)

    # when
    alone, (listed,) = one(FP).frequency, page(FailureFilter(), limit=5).groups

    # then
    for found in (alone, listed.frequency):
        assert (found.last_hour, found.last_day, found.last_week) == (5, 10, 34)
        assert found.hours[:4] == (5, 0, 4, 0)
    assert alone.hours[24 * 6] == 16
    assert one(FP).failure.occurrence_count == 66


def test_a_count_of_a_clock_that_is_ahead_is_of_now():
    fail(finished=time.time() + 2 * HOUR)

    assert one(FP).frequency.last_hour == 1


def test_dead_letters_and_retries_are_counted_as_they_stand():
    # given
    dead = fail(count=4)
    fail(count=2, move=Move.RETRY, run_after=time.time() + 60)

    # when one is discarded and one is requeued
    discard(task_id=dead[0].pk, actor="ann")
    requeue(task_id=dead[1].pk, actor="ann")

    # then
    assert one(FP).standing == (2, 3)
    assert one(FP).failure.given_up_count == 4


def test_a_count_of_dead_letters_goes_no_further_than_anybody_reads():
    fail(count=1003)

    assert one(FP).standing.dead == 1001


def test_groups_come_the_latest_first_page_by_page():
    # given
    now = time.time()
    for number in range(5):
        fail(group=group(number), finished=now - number)
    fail(group=group(5), finished=now - 4)

    # when
    pages = [page(FailureFilter(), limit=2)]
    while pages[-1].cursor:
        pages.append(page(FailureFilter(), limit=2, cursor=pages[-1].cursor))

    # then
    assert [len(each.groups) for each in pages] == [2, 2, 2]
    exceptions = [each.failure.exception for found in pages for each in found.groups]
    assert exceptions[:4] == [f"shop.Error{number}" for number in range(4)]
    assert set(exceptions[4:]) == {"shop.Error4", "shop.Error5"}


@pytest.mark.parametrize("cursor", ["x", "1.5-0", "9" * 40 + "-0", "--"])
def test_a_cursor_that_is_none_is_an_error(cursor):
    with pytest.raises(ValueError):
        page(FailureFilter(), limit=2, cursor=cursor)


def test_groups_are_narrowed():
    # given
    ann = User.objects.create_user("ann")
    fail(group=group(1), release="r1", finished=time.time() - 2 * HOUR)
    fail(group=group(2), release="r1")
    fail(group=group(2), release="r2")
    fail(group=group(3), release="r3")
    Failure.objects.filter(exception="shop.Error2").update(assignee=ann, status="muted")

    # then
    assert shown(statuses=frozenset({FailureStatus.MUTED})) == ["shop.Error2"]
    assert shown(statuses=frozenset(FailureStatus)) == ["shop.Error3", "shop.Error2", "shop.Error1"]
    assert shown(task_type="add") == shown()
    assert shown(task_type="process") == []
    assert shown(exception="ERROR3") == ["shop.Error3"]
    assert shown(assignee="ann") == ["shop.Error2"]
    assert shown(release="r1") == ["shop.Error2", "shop.Error1"]
    assert shown(release="r2") == ["shop.Error2"]
    assert shown(seen_after=timezone.now() - timedelta(hours=1)) == ["shop.Error3", "shop.Error2"]


def test_a_page_of_groups_asks_three_questions_however_many_there_are():
    for number in range(20):
        fail(group=group(number))

    with CaptureQueriesContext(connection) as queries:
        assert len(page(FailureFilter(), limit=50).groups) == 20

    assert len(queries) == 3


def test_the_latest_attempts_are_each_of_another_task():
    # given
    tasks = fail(count=3)
    (again,) = fail(move=Move.RETRY, run_after=time.time())
    type(again).objects.filter(pk=again.pk).update(state=State.PENDING)
    write(failed_outcome(again))
    fail(group=group(1))

    # when
    found = latest_attempts(one(FP).failure, limit=3)

    # then
    assert [each.task_id for each in found] == [again.pk, tasks[2].pk, tasks[1].pk]
    assert found[0].number == 2


VERBS = {
    Triage.ACKNOWLEDGE: "acknowledged",
    Triage.MUTE: "muted",
    Triage.RESOLVE: "resolved",
    Triage.REOPEN: "new",
}


@pytest.mark.parametrize("verb", Triage)
def test_a_verb_gives_its_status_and_leaves_who_when_and_why(verb):
    # given
    fail()
    Failure.objects.update(status="regressed")
    before = timezone.now()

    # when
    given = triage(fingerprint=FP, verb=verb, actor="ann", reason="it is known")
    again = triage(fingerprint=FP, verb=verb, actor="bob")

    # then the second changes nothing
    found = Failure.objects.get()
    assert given.status == again.status == found.status == VERBS[verb]
    (change,) = history(found, limit=10)
    assert (change.change, change.actor, change.reason) == (VERBS[verb], "ann", "it is known")
    assert before <= change.at == found.status_at


def test_a_group_has_an_assignee_or_none():
    # given
    fail()
    ann = User.objects.create_user("ann")

    # when
    assert assign(fingerprint=FP, assignee="ann", actor="bob").assignee == ann
    assert assign(fingerprint=FP, assignee="ann", actor="bob").assignee == ann
    assert assign(fingerprint=FP, assignee=None, actor="ann", reason="not mine").assignee is None

    # then
    changes = FailureChange.objects.order_by("pk").values_list("change", "actor", "reason")
    assert list(changes) == [
        ("assigned to ann", "bob", ""),
        ("assigned to nobody", "ann", "not mine"),
    ]


@pytest.mark.parametrize("name", ["nobody", "gone"])
def test_only_an_active_user_is_an_assignee(name):
    fail()
    User.objects.create_user("gone", is_active=False)

    with pytest.raises(InvalidOption, match=f"assignee is '{name}': .* active user"):
        assign(fingerprint=FP, assignee=name, actor="bob")

    assert not FailureChange.objects.exists()


def test_a_note_replaces_the_one_before_which_stays_in_the_history():
    fail()

    write_note(fingerprint=FP, note="See ticket 7", actor="ann")
    write_note(fingerprint=FP, note="See ticket 8", actor="bob")
    write_note(fingerprint=FP, note="See ticket 8", actor="eve")

    assert Failure.objects.get().note == "See ticket 8"
    changes = FailureChange.objects.order_by("pk").values_list("change", "actor", "reason")
    assert list(changes) == [("note", "ann", ""), ("note", "bob", "before: See ticket 7")]


def test_a_note_has_an_end():
    fail()

    with pytest.raises(InvalidOption, match="10,000 characters"):
        write_note(fingerprint=FP, note="x" * 10_001, actor="ann")


@pytest.mark.parametrize(
    "call",
    [
        lambda: one("0" * 16),
        lambda: triage(fingerprint="0" * 16, verb=Triage.MUTE, actor=""),
        lambda: assign(fingerprint="0" * 16, assignee=None, actor=""),
        lambda: write_note(fingerprint="0" * 16, note="", actor=""),
    ],
)
def test_a_group_that_is_not_there_is_an_error(call):
    with pytest.raises(FailureNotFound, match="There are no failures '0000000000000000'"):
        call()


def test_an_action_over_a_group_touches_its_dead_letters_and_no_others():
    # given
    mine, others = fail(count=5), fail(count=2, group=group(1))
    discard(task_id=mine[0].pk, actor="ann")
    retrying = fail(move=Move.RETRY, run_after=time.time() + 60)
    wanted = TaskFilter(failure=FP, states=frozenset({State.FAILURE}))

    # when
    operation = worked(begin(Action.REQUEUE, wanted))

    # then
    assert (operation.total_count, operation.done_count) == (4, 4)
    assert operation.filter == {"status": "FAILURE", "failure": FP}
    assert {reload(task).state for task in mine[1:]} == {State.PENDING}
    assert {reload(task).state for task in [mine[0], *others]} == {State.FAILURE}
    assert reload(retrying[0]).state == State.RETRY


def test_counts_are_of_their_own_group():
    fail(count=2)
    fail(group=group(1), ending=Ending.FAILED)

    assert FailureCount.objects.count() == 2
    assert one(FP).frequency.last_hour == 2

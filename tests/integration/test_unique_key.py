"""At most one open task of a type and key."""

import time
from functools import partial

import pytest
from django.db import transaction

from jobs.domain.outcomes import Ending
from jobs.domain.registry import registry
from jobs.domain.states import ENDED, OPEN, Move, State
from jobs.exceptions import InvalidArguments, InvalidOption, UniqueKeyTaken
from jobs.maintenance.promote import promote
from jobs.models import Task, TaskTag
from jobs.services.cancel import cancel
from jobs.services.enqueue import enqueue_or_find
from jobs.services.requeue import requeue, requeue_many
from jobs.services.rescue import Verdict, held_by, rescue
from jobs.services.unique import holders_of
from jobs.store.release import release
from tests.support.at_once import at_once
from tests.support.plans import plan_of
from tests.support.rows import ago, claimed, finished, make_task, outcome_of, reload

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 10
KEYED = {"name": "add", "args": [1, 2], "unique_key": "k"}


def add(**options):
    given = {"kwargs": {"x": 1, "y": 2}, "unique_key": "k"} | options
    return enqueue_or_find(task_type=registry.get("add"), **given)


@pytest.mark.parametrize("state", sorted(OPEN))
def test_while_a_task_is_open_its_key_finds_it(state, redis):
    # given
    task, is_new = add()
    assert is_new
    Task.objects.update(state=state)
    redis.flushdb()

    # when another is asked for, with other arguments
    found, is_new = add(kwargs={"x": 5, "y": 6}, queue="low")

    # then there is still the one, and no bell rings
    assert (found.pk, is_new) == (task.pk, False)
    assert (found.state, found.kwargs, found.queue) == (state, {"x": 1, "y": 2}, "default")
    assert Task.objects.count() == 1
    assert redis.keys("rq:queue:*") == []


@pytest.mark.parametrize("state", sorted(ENDED))
def test_the_key_of_an_ended_task_is_free(state):
    task, _ = add()
    Task.objects.update(state=state)

    other, is_new = add()

    assert is_new
    assert other.pk != task.pk


def test_what_enqueue_gives_back_is_what_the_keyed_row_says():
    task, _ = add(tags=["a"], expires_at=ago(-60), max_retries=7, submitted_by="ann \\ 'quoted'")

    row = reload(task)
    for field in Task._meta.concrete_fields:
        if field.name not in {"args", "kwargs"}:
            assert getattr(task, field.name) == getattr(row, field.name), field.name
    assert (row.args, row.kwargs, row.unique_key) == ([], {"x": 1, "y": 2}, "k")
    assert TaskTag.objects.get().task_id == task.pk


def test_keys_are_those_of_one_task_type_and_exact():
    add()

    assert add(unique_key="K")[1]
    assert add(unique_key=None)[1]
    assert add(unique_key=None)[1]
    process = registry.get("process")
    assert enqueue_or_find(task_type=process, kwargs={"data": 1}, unique_key="k")[1]


def test_a_copy_of_the_type_carries_its_key():
    nightly = registry.get("add").using(unique_key="nightly")

    first, second = nightly.enqueue(1, 2), nightly.enqueue(3, 4)

    assert first.id == second.id
    assert second.kwargs == {"x": 1, "y": 2}
    assert Task.objects.get().unique_key == "nightly"


@pytest.mark.parametrize("key", ["", "k" * 201, " k", "a\0b", "a\nb", "\ud800", 7])
def test_what_is_no_short_text_is_refused(key):
    with pytest.raises(InvalidOption, match="unique_key"):
        add(unique_key=key)
    with pytest.raises(InvalidOption, match="unique_key"):
        registry.get("add").using(unique_key=key)

    assert not Task.objects.exists()


def test_bad_arguments_are_refused_also_where_the_key_is_taken():
    add()

    with pytest.raises(InvalidArguments):
        add(kwargs={"x": 1})


def test_of_many_at_once_one_is_written():
    for number in range(ROUNDS):
        ask = partial(add, unique_key=f"k{number}")

        answers = at_once(ask, ask, ask, ask)

        assert sorted(is_new for _, is_new in answers) == [False, False, False, True], answers
        assert len({task.pk for task, _ in answers}) == 1
        assert Task.objects.count() == number + 1


def test_who_asks_while_the_task_ends_gets_that_one_or_a_new_one_and_never_none():
    for number in range(ROUNDS):
        # given a running task with a key
        key = f"k{number}"
        task, _ = add(unique_key=key)
        success = outcome_of(claimed(task))

        # when it ends while another asks
        answer, _ = at_once(partial(add, unique_key=key), partial(finished, success))

        # then there was never more than one open
        found, is_new = answer
        assert (found.pk != task.pk) == is_new
        assert Task.objects.open().filter(unique_key=key).count() == int(is_new)


def test_a_key_is_free_again_when_its_transaction_is_undone():
    with transaction.atomic():
        add()
        transaction.set_rollback(True)

    assert add()[1]


def test_no_move_of_the_open_task_trips_over_its_own_key():
    # given a task that waits for its time
    task, _ = add(run_after=ago(-60))
    Task.objects.update(run_after=ago(1))

    # when it is promoted, claimed, given back, claimed, retried, promoted, claimed and rescued
    assert promote() == 1
    claim = claimed(task)
    release([(claim.task_id, claim.fence)])
    later = {"move": Move.RETRY, "ending": Ending.FAILED, "run_after": time.time() - 1}
    finished(outcome_of(claimed(task), **later))
    assert promote() == 1
    claimed(task)
    rescue(held_by("w1"), verdicts=None, detail="test")
    Task.objects.update(run_after=ago(1))
    promote()
    claimed(task)
    held = held_by("w1")
    rescue(held, verdicts={(str(task.pk), held[0].fence): Verdict.SHUT_DOWN}, detail="test")
    finished(outcome_of(claimed(task), move=Move.SNOOZE, ending=Ending.SNOOZED, run_after=1.0))

    # then it had the key all the time
    assert reload(task).state == State.SCHEDULED
    assert add()[0].pk == task.pk


def test_an_ended_task_whose_key_was_taken_is_not_requeued():
    # given
    old, _ = add()
    cancel(task_id=old.pk, actor="ann")
    new, _ = add()

    # when
    with pytest.raises(UniqueKeyTaken) as refusal:
        requeue(task_id=old.pk, actor="ann")

    # then the refusal says which task has it
    assert str(refusal.value) == (
        f"Task {old.pk} is REVOKED: it cannot requeue, as task {new.pk} is open with the same "
        "unique_key 'k'."
    )
    assert reload(old).state == State.REVOKED
    # and once that one has ended, it may
    finished(outcome_of(claimed(new)))
    assert requeue(task_id=old.pk, actor="ann").state == State.PENDING


def test_of_many_requeued_with_one_key_the_first_opens_and_the_rest_go_on():
    # given
    keyed = []
    for _ in range(3):
        task, _ = add()
        cancel(task_id=task.pk, actor="ann")
        keyed.append(task)
    plain = make_task(state=State.FAILURE)

    # when
    report = requeue_many(task_ids=[plain.pk, *(task.pk for task in keyed)], actor="ann")

    # then
    assert report.moved == sorted([keyed[0].pk, plain.pk])
    assert report.refused == {task.pk: State.REVOKED for task in keyed[1:]}
    assert set(report.errors) == set(report.refused)
    assert not keyed[1].events.filter(kind="requeued").exists()


def test_a_requeue_that_races_with_a_submit_leaves_one_open_task():
    for number in range(ROUNDS):
        key = f"k{number}"
        old, _ = add(unique_key=key)
        cancel(task_id=old.pk, actor="ann")

        submitted, requeued = at_once(
            partial(add, unique_key=key), partial(requeue, task_id=old.pk, actor="ann")
        )

        assert Task.objects.open().filter(unique_key=key).count() == 1
        assert isinstance(submitted, tuple), submitted
        assert isinstance(requeued, UniqueKeyTaken) == submitted[1]


def test_the_holder_of_a_key_is_found_by_its_index():
    add()

    assert "task_unique_key" in plan_of(partial(holders_of, [("add", "k")]))


def test_a_keyed_submit_costs_one_statement(django_assert_num_queries):
    with transaction.atomic(), django_assert_num_queries(3):  # with a savepoint around it
        add()

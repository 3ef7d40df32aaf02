from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from redis import Redis

from jobs.broker.tickets import hash_key, list_key, ticket
from jobs.domain.registry import registry
from jobs.domain.states import State
from jobs.exceptions import InvalidArguments, InvalidOption, UnknownQueue
from jobs.models import Task
from jobs.services.enqueue import enqueue, enqueue_many
from tests.support.rows import ago, reload

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def add():
    return registry.get("add")


def listed(redis: Redis, queue: str = "default") -> list[str]:
    return [item.decode() for item in redis.lrange(list_key(queue), 0, -1)]


def test_a_task_is_a_row_and_a_ticket(add, redis):
    task = enqueue(task_type=add, kwargs={"x": 1, "y": 2}, submitted_by="ann")

    row = reload(task)
    assert (row.state, row.name, row.queue) == (State.PENDING, "add", "default")
    assert (row.kwargs, row.submitted_by) == ({"x": 1, "y": 2}, "ann")
    assert (row.max_retries, row.timeout_seconds) == (add.max_retries, add.timeout_seconds)
    assert listed(redis) == [ticket(str(task.pk))]
    assert redis.hget(hash_key(str(task.pk)), "origin") == b"default"
    assert redis.ttl(hash_key(str(task.pk))) > 0


def test_what_enqueue_gives_back_is_what_the_row_says(add):
    task = enqueue(task_type=add, kwargs={"x": 1, "y": 2})

    row = reload(task)
    for field in Task._meta.concrete_fields:
        if field.name not in {"args", "kwargs"}:
            assert getattr(task, field.name) == getattr(row, field.name), field.name


def test_positional_arguments_become_named_ones(add):
    assert reload(enqueue(task_type=add, args=(1, 2))).kwargs == {"x": 1, "y": 2}


def test_a_task_of_a_transaction_that_is_rolled_back_never_was(add, redis):
    with pytest.raises(RuntimeError), transaction.atomic():  # noqa: PT012
        enqueue(task_type=add, kwargs={"x": 1, "y": 2})
        enqueue_many(task_type=add, calls=[([], {"x": 1, "y": 2})] * 10)
        raise RuntimeError

    assert not Task.objects.exists()
    assert listed(redis) == []


def test_no_ticket_is_pushed_before_the_commit(add, redis):
    with transaction.atomic():
        enqueue(task_type=add, kwargs={"x": 1, "y": 2})
        assert listed(redis) == []
    assert len(listed(redis)) == 1


def test_a_task_for_later_is_scheduled_and_has_no_ticket(add, redis):
    later = timezone.now() + timedelta(hours=1)

    task = enqueue(task_type=add, kwargs={"x": 1, "y": 2}, run_after=later)

    assert (reload(task).state, reload(task).run_after) == (State.SCHEDULED, later)
    assert listed(redis) == []


def test_a_moment_that_has_passed_means_now(add):
    task = enqueue(task_type=add, kwargs={"x": 1, "y": 2}, run_after=ago(60))

    assert reload(task).state == State.PENDING


def test_many_tasks_keep_their_order_and_their_arguments(add, redis):
    ids = enqueue_many(task_type=add, calls=(([n], {"y": n}) for n in range(2500)))

    rows = {str(task.pk): task for task in Task.objects.all()}
    assert [rows[task_id].kwargs["x"] for task_id in ids] == list(range(2500))
    assert listed(redis) == [ticket(task_id) for task_id in ids]


def test_many_tasks_keep_whatever_letters_they_hold():
    # given letters that mean something to a database, to JSON or to a list of columns
    letters = "back\\slash \\N \\. \\t tab\t line\nreturn\r quote\" ' % %s {} \u2028 \u202e é \x7f"

    # when they are enqueued at once with others
    ids = enqueue_many(
        task_type=registry.get("tests.boom"),
        calls=[([letters], {}), ([], {"message": "plain"})],
        submitted_by=letters,
    )

    # then they are read back as they were given
    first, second = (Task.objects.get(pk=task_id) for task_id in ids)
    assert first.kwargs == {"message": letters}
    assert second.kwargs == {"message": "plain"}
    assert first.submitted_by == second.submitted_by == letters


def test_a_refused_call_among_many_leaves_the_callers_transaction_usable(add):
    with transaction.atomic():
        kept = enqueue(task_type=add, kwargs={"x": 1, "y": 2})
        with pytest.raises(InvalidArguments):
            enqueue_many(task_type=add, calls=[([1, 2], {}), (["one", 2], {})])

    assert Task.objects.get().pk == kept.pk


def test_many_tasks_are_all_or_none(add):
    with pytest.raises(InvalidArguments):
        enqueue_many(task_type=add, calls=[([], {"x": 1, "y": 2}), ([], {"x": "one"})])

    assert not Task.objects.exists()


@pytest.mark.parametrize(
    ("options", "error", "field"),
    [
        ({"queue": "urgent"}, UnknownQueue, "urgent"),
        ({"max_retries": -1}, InvalidOption, "max_retries"),
        ({"max_retries": True}, InvalidOption, "max_retries"),
        ({"timeout_seconds": 0}, InvalidOption, "timeout_seconds"),
        ({"timeout_seconds": float("nan")}, InvalidOption, "timeout_seconds"),
        ({"expires_at": ago(1)}, InvalidOption, "expires_at"),
        ({"run_after": timezone.now().replace(tzinfo=None)}, InvalidOption, "run_after"),
        ({"kwargs": {"x": 1}}, InvalidArguments, "y"),
        ({"kwargs": {"x": 1, "y": 2, "z": 3}}, InvalidArguments, "z"),
    ],
)
def test_what_is_not_allowed_is_refused_and_nothing_is_written(add, redis, options, error, field):
    given = {"kwargs": {"x": 1, "y": 2}} | options

    with pytest.raises(error, match=field):
        enqueue(task_type=add, **given)

    assert not Task.objects.exists()
    assert listed(redis) == []


def test_options_of_a_copy_of_the_type_reach_the_row(add):
    later = timezone.now() + timedelta(hours=1)
    changed = add.using(max_retries=7, timeout_seconds=5, queue_name="low", run_after=later)

    row = reload(enqueue(task_type=changed, kwargs={"x": 1, "y": 2}))

    assert (row.max_retries, row.timeout_seconds, row.queue) == (7, 5.0, "low")
    assert row.run_after == later

"""What a worker takes, by which tickets, and what it gives back."""

import pytest
import uuid_utils

from jobs.domain.states import State
from jobs.models import Event, Rollup
from jobs.store.release import release
from tests.support.rows import ago, claimed, exchanged, make_task, reload

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_claim_takes_a_pending_task_once_and_raises_its_fence():
    # given
    task = make_task(kwargs={"x": 1, "y": 2})

    # when two workers hold tickets for it
    first = exchanged([], task, worker="w1").claims
    second = exchanged([], task, worker="w2").claims

    # then
    assert [claim.fence for claim in first] == [1]
    assert second == []
    row = reload(task)
    assert (row.state, row.worker, row.fence) == (State.STARTED, "w1", 1)
    assert row.started_at is not None


def test_claims_come_in_the_order_of_their_tickets():
    tasks = [make_task() for _ in range(5)]
    order = [str(task.pk) for task in (tasks[3], tasks[0], tasks[4], tasks[1], tasks[2])]

    did = exchanged([], *order)

    assert [claim.task_id for claim in did.claims] == order


def test_a_task_whose_ticket_was_doubled_is_claimed_once():
    one, other = make_task(), make_task()

    did = exchanged([], one, other, one, one)

    assert [claim.task_id for claim in did.claims] == [str(one.pk), str(other.pk)]


@pytest.mark.parametrize("state", sorted(set(State) - {State.PENDING}))
def test_only_a_pending_task_can_be_claimed(state):
    task = make_task(state=state)

    did = exchanged([], task, worker="w1")

    assert did.claims == []
    assert reload(task).state == state


def test_an_unknown_id_among_the_tickets_is_passed_over():
    task = make_task()
    ids = [str(uuid_utils.uuid7()), str(task.pk)]

    did = exchanged([], *ids)

    assert [claim.task_id for claim in did.claims] == [str(task.pk)]


@pytest.mark.parametrize("name", ['qu"ote', "back\\slash", "{brace},", "NULL", "a'b %s"])
def test_a_type_of_any_name_is_claimed(name):
    task = make_task(name=name)

    assert [claim.name for claim in exchanged([], task, name=name).claims] == [name]


def test_a_released_task_is_pending_again_without_a_try_spent():
    task = make_task()
    claim = claimed(task)

    free = release([(claim.task_id, claim.fence)])

    row = reload(task)
    assert free == [("default", str(task.pk))]
    assert (row.state, row.tries, row.fence, row.worker) == (State.PENDING, 0, 1, None)


def test_a_release_of_a_cancelled_task_revokes_it():
    task = make_task()
    claim = claimed(task)
    type(task).objects.filter(pk=task.pk).update(cancel_requested_at=ago(1))

    assert release([(claim.task_id, claim.fence)]) == []
    assert reload(task).state == State.REVOKED


def test_a_task_that_waited_beyond_its_expiry_is_revoked_instead_of_run():
    task = make_task(expires_at=ago(1))

    did = exchanged([], task, worker="w1")

    assert did.claims == []
    assert [gone.task_id for gone in did.expired] == [str(task.pk)]
    assert reload(task).state == State.REVOKED
    assert Event.objects.get(task=task).kind == Event.Kind.EXPIRED
    assert Rollup.objects.get().revoked == 1


def test_a_task_of_a_type_that_the_worker_does_not_know_stays_pending():
    task = make_task(name="from.the.next.release")

    assert exchanged([], task).claims == []
    assert (reload(task).state, reload(task).fence) == (State.PENDING, 0)

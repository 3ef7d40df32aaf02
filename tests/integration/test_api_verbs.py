"""Cancel, requeue, and the dead-letter queue."""

import threading
import time
import uuid

import pytest
from django.db import connection

from jobs.api.answers.tasks import Accepted, Cancelled, DeadLetterPage
from jobs.broker.tickets import list_key
from jobs.domain.outcomes import Ending
from jobs.domain.states import ENDED, WAITING, Move, State
from jobs.models import Event, Task
from tests.support.api import problem_of
from tests.support.rows import claimed, finished, make_task, outcome_of, reload

pytestmark = pytest.mark.django_db(transaction=True)

DEAD_LETTERS = ["dead-letter", "queue/dead-letter", "tasks/dead-letter"]


@pytest.fixture
def admin_api(api, admin_client):
    api.client = admin_client
    return api


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "tasks/{}/cancel"), ("DELETE", "tasks/{}/cancel"), ("DELETE", "tasks/{}")],
)
@pytest.mark.parametrize("state", sorted(WAITING))
def test_a_waiting_task_is_revoked_at_once(api, method, path, state):
    task = make_task(state=state)

    response = api.send(method, path.format(task.pk))

    assert response.status_code == 200
    assert response.json() == {"task_id": str(task.pk), "status": "revoked"}
    assert reload(task).state == State.REVOKED
    event = Event.objects.get(task=task)
    assert (event.kind, event.actor) == (Event.Kind.CANCELLED, "anonymous")


def test_the_reason_of_a_cancel_is_kept(api):
    task = make_task()

    api.post(f"tasks/{task.pk}/cancel", {"reason": "not needed"})

    assert Event.objects.get(task=task).reason == "not needed"


def end_when_told(claim, **outcome):
    """A worker's part: as soon as the cancel is asked for, end the attempt."""

    def work():
        try:
            deadline = time.monotonic() + 10
            task = Task.objects.get(pk=claim.task_id)
            while task.cancel_requested_at is None and time.monotonic() < deadline:
                time.sleep(0.01)
                task.refresh_from_db()
            finished(outcome_of(claim, **outcome))
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_a_running_task_is_revoked_when_its_worker_has_stopped_it(api):
    # given
    task = make_task()
    worker = end_when_told(claimed(task), move=Move.STOP, ending=Ending.CANCELLED)

    # when
    response = api.delete(f"tasks/{task.pk}/cancel")
    worker.join()

    # then
    assert response.status_code == 200
    Cancelled.model_validate_json(response.content)
    assert response.json()["status"] == "revoked"


def test_a_running_task_that_ends_well_before_the_blow_keeps_its_end(api):
    # given
    task = make_task()
    worker = end_when_told(claimed(task), result="3")

    # when
    response = api.post(f"tasks/{task.pk}/cancel")
    worker.join()

    # then
    assert problem_of(response, 409, "transition_refused")["state"] == "SUCCESS"


def test_a_running_task_that_does_not_stop_in_time_is_being_revoked(api):
    # given
    task = make_task()
    claimed(task)

    # when
    response = api.delete(f"tasks/{task.pk}/cancel")

    # then
    assert response.status_code == 202
    assert response.json() == {"task_id": str(task.pk), "status": "revoking"}
    assert reload(task).cancel_requested_at is not None


@pytest.mark.parametrize("state", sorted(ENDED))
def test_an_ended_task_cannot_be_cancelled(api, state):
    task = make_task(state=state)

    problem = problem_of(api.delete(f"tasks/{task.pk}/cancel"), 409, "transition_refused")

    assert problem["state"] == state
    assert state in problem["detail"]


@pytest.mark.parametrize("state", sorted(ENDED))
def test_an_ended_task_is_requeued_and_answers_as_a_submit(api, redis, state):
    # given
    task = make_task(state=state, tries=3, error="no")

    # when
    response = api.post(f"tasks/{task.pk}/requeue", {"reason": "mended"})

    # then
    assert response.status_code == 202
    Accepted.model_validate_json(response.content)
    assert response.json()["status"] == "PENDING"
    assert response.json()["message"] == "Task 'add' queued on 'default' queue."
    row = reload(task)
    assert (row.state, row.tries, row.fence) == (State.PENDING, 0, 1)
    assert redis.llen(list_key("default")) == 1
    assert Event.objects.get(task=task).reason == "mended"


@pytest.mark.parametrize("state", sorted(WAITING | {State.STARTED}))
def test_a_task_that_has_not_ended_cannot_be_requeued(api, state):
    task = make_task(state=state)

    problem = problem_of(api.post(f"tasks/{task.pk}/requeue"), 409, "transition_refused")

    assert problem["state"] == state


@pytest.mark.parametrize("verb", ["cancel", "requeue"])
def test_a_task_that_does_not_exist_cannot_be_moved(api, verb):
    problem_of(api.post(f"tasks/{uuid.uuid4()}/{verb}"), 404, "task_not_found")


@pytest.mark.parametrize("path", DEAD_LETTERS)
def test_the_dead_letter_queue_holds_what_failed_for_good(api, path):
    # given
    dead = [make_task(state=State.FAILURE, error="no", kwargs={"x": 1}) for _ in range(3)]
    make_task(state=State.FAILURE, discarded_at=dead[0].created_at)
    make_task(state=State.RETRY)

    # when
    response = api.get(path, limit=2)

    # then
    DeadLetterPage.model_validate_json(response.content)
    answer = response.json()
    assert answer["count"] == 3
    assert [task["task_id"] for task in answer["tasks"]] == [
        str(task.pk) for task in (dead[2], dead[1])
    ]
    assert answer["tasks"][0]["error"] == "no"
    assert answer["tasks"][0]["kwargs"] == {"x": 1}
    rest = api.client.get(answer["next"]).json()
    assert [task["task_id"] for task in rest["tasks"]] == [str(dead[0].pk)]


@pytest.mark.parametrize("path", DEAD_LETTERS)
def test_a_dead_letter_is_requeued(api, path):
    task = make_task(state=State.FAILURE)

    response = api.post(f"{path}/{task.pk}/requeue")

    assert response.status_code == 202
    assert reload(task).state == State.PENDING
    assert api.get(path).json()["count"] == 0


@pytest.mark.parametrize("path", DEAD_LETTERS)
def test_a_dead_letter_is_discarded_and_its_row_stays(admin_api, path):
    task = make_task(state=State.FAILURE)

    response = admin_api.delete(f"{path}/{task.pk}")

    assert response.status_code == 200
    assert response.json() == {"task_id": str(task.pk), "status": "discarded"}
    assert reload(task).state == State.FAILURE
    assert admin_api.get(path).json()["count"] == 0
    assert Event.objects.get(task=task).actor == "admin"


@pytest.mark.parametrize(
    "columns", [{"state": "SUCCESS"}, {"state": "FAILURE", "discarded_at": "2026-01-01T00:00Z"}]
)
def test_what_is_not_in_the_dead_letter_queue_cannot_leave_it(admin_api, columns):
    task = make_task(**columns)

    for response in (
        admin_api.post(f"dead-letter/{task.pk}/requeue"),
        admin_api.delete(f"dead-letter/{task.pk}"),
    ):
        assert problem_of(response, 409, "transition_refused")["state"] == columns["state"]
    assert reload(task).state == columns["state"]


def test_a_dead_letter_that_does_not_exist_is_404(admin_api):
    for response in (
        admin_api.post(f"dead-letter/{uuid.uuid4()}/requeue"),
        admin_api.delete(f"dead-letter/{uuid.uuid4()}"),
    ):
        problem_of(response, 404, "task_not_found")

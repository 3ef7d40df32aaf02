from datetime import timedelta
from uuid import UUID

import pytest
import uuid_utils
from django.utils import timezone

from jobs.api.answers.tasks import Explanation, TaskDetail, TaskPage
from jobs.domain.outcomes import Ending
from jobs.domain.states import Move, State
from jobs.models import Event, Task
from tests.support.api import problem_of
from tests.support.rows import claimed, finished, make_task, outcome_of, reload

pytestmark = pytest.mark.django_db(transaction=True)


def ids_of(response):
    assert response.status_code == 200, response.content
    TaskPage.model_validate_json(response.content)
    return [task["task_id"] for task in response.json()["tasks"]]


def id_at(moment):
    """A UUIDv7 of that moment."""
    milliseconds = round(moment.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 7 << 76 | 2 << 62 | 1)


def test_a_task_is_shown_with_its_result(api):
    # given
    task = make_task(kwargs={"x": 1, "y": 2}, max_retries=5)
    finished(outcome_of(claimed(task), result="3"))

    # when
    response = api.get(f"tasks/{task.pk}")

    # then
    answer = response.json()
    TaskDetail.model_validate_json(response.content)
    assert answer["task_id"] == str(task.pk)
    assert (answer["status"], answer["result"]) == ("SUCCESS", 3)
    assert (answer["error"], answer["traceback"]) == (None, None)
    assert (answer["task_type"], answer["queue"], answer["priority"]) == ("add", *["default"] * 2)
    assert (answer["kwargs"], answer["args"]) == ({"x": 1, "y": 2}, [])
    assert (answer["retry_count"], answer["max_retries"], answer["worker"]) == (0, 5, "w1")
    assert [attempt["outcome"] for attempt in answer["attempts"]] == ["succeeded"]


def test_a_failed_task_tells_its_error_its_traceback_and_its_retries(api):
    # given a task that failed twice and was then cancelled by somebody
    task = make_task(max_retries=1)
    failure = {"ending": Ending.FAILED, "exception": "ValueError", "error": "ValueError: no"}
    finished(outcome_of(claimed(task), move=Move.RETRY, traceback="first", log="hm", **failure))
    Task.objects.update(state=State.PENDING)
    finished(outcome_of(claimed(task), move=Move.FAIL, traceback="second", **failure))
    Event.objects.create(task=task, kind=Event.Kind.REQUEUED, actor="ada", reason="again")

    # when
    answer = api.get(f"tasks/{task.pk}").json()

    # then
    assert (answer["status"], answer["error"]) == ("FAILURE", "ValueError: no")
    assert (answer["traceback"], answer["retry_count"]) == ("second", 1)
    assert [attempt["traceback"] for attempt in answer["attempts"]] == ["first", "second"]
    assert [attempt["log"] for attempt in answer["attempts"]] == ["hm", None]
    assert [(event["kind"], event["actor"]) for event in answer["events"]] == [("requeued", "ada")]


def test_a_whole_number_of_any_length_is_shown_to_its_last_digit(api):
    task = make_task(kwargs={"data": 2**80})

    response = api.get(f"tasks/{task.pk}")

    assert response.json()["kwargs"] == {"data": 2**80}


@pytest.mark.parametrize("path", ["", "/", "/explain", "/explain/"])
def test_an_id_may_be_written_in_capitals_or_without_dashes(api, path):
    task = make_task()

    for spelled in (str(task.pk).upper(), task.pk.hex):
        assert api.get(f"tasks/{spelled}{path}").status_code == 200


@pytest.mark.parametrize("path", ["", "/explain"])
def test_a_task_that_does_not_exist_is_404(api, path):
    problem_of(api.get(f"tasks/{uuid_utils.uuid7()}{path}"), 404, "task_not_found")


def test_an_explanation_tells_what_is_missing_and_where_to_look(api):
    # given a task on a queue that nobody listens on
    task = make_task(name="gone", queue="low")

    # when
    response = api.get(f"tasks/{task.pk}/explain")

    # then
    Explanation.model_validate_json(response.content)
    reasons = {reason["code"]: reason for reason in response.json()}
    assert set(reasons) == {"unknown_task_type", "no_worker", "no_ticket"}
    assert reasons["no_worker"]["links"] == [{"rel": "queue", "href": "/api/queues/low"}]


def test_pages_follow_each_other_without_gap_or_repetition_while_tasks_arrive(api):
    # given
    old = [str(make_task().pk) for _ in range(7)]

    # when a page is read, and new tasks arrive before the next
    first = api.get("tasks", limit=3)
    make_task()
    second = api.client.get(first.json()["next"])
    third = api.client.get(second.json()["next"])

    # then
    pages = [ids_of(first), ids_of(second), ids_of(third)]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [task_id for page in pages for task_id in page] == old[::-1]
    assert third.json()["next"] is None


def test_the_next_page_keeps_the_filters(api):
    for queue in ("low", "high", "low", "high"):
        make_task(queue=queue)

    first = api.get("tasks", limit=1, queue="low", status="PENDING")
    second = api.client.get(first.json()["next"])

    assert {task["queue"] for task in first.json()["tasks"] + second.json()["tasks"]} == {"low"}
    assert second.json()["next"] is None


STATES = list(State)
STATUSES = {
    **{state.value: {state} for state in STATES},
    "pending": {State.PENDING, State.SCHEDULED, State.BLOCKED, State.RETRY},
    "processing": {State.STARTED},
    "completed": {State.SUCCESS},
    "failed": {State.FAILURE},
    "cancelled": {State.REVOKED},
    "success": {State.SUCCESS},
    "RETRY,failed": {State.RETRY, State.FAILURE},
}


@pytest.mark.parametrize(("status", "states"), STATUSES.items(), ids=STATUSES)
def test_tasks_are_listed_by_status_newest_first(api, status, states):
    # given tasks of every state, interleaved
    tasks = [make_task(state=state) for _ in range(2) for state in STATES]

    # then
    expected = [str(task.pk) for task in tasks if task.state in states]
    assert ids_of(api.get("tasks", status=status)) == expected[::-1]


@pytest.mark.parametrize(
    "wanted",
    [
        {"queue": "low"},
        {"task_type": "process"},
        {"worker": "w2"},
        {"queue": "low", "task_type": "process"},
        {"queue": "low", "status": "SUCCESS"},
        {"task_type": "process", "status": "pending,completed", "queue": "high"},
    ],
    ids=str,
)
def test_filters_narrow_together(api, wanted):
    # given every mix
    tasks = [
        make_task(queue=queue, name=name, worker=worker, state=state)
        for state in (State.PENDING, State.SUCCESS, State.STARTED, State.FAILURE)
        for queue in ("low", "high")
        for name in ("process", "add")
        for worker in ("w1", "w2")
    ]

    # when
    found = ids_of(api.get("tasks", **wanted, limit=500))

    # then
    def fits(task):
        return (
            task.queue == wanted.get("queue", task.queue)
            and task.name == wanted.get("task_type", task.name)
            and task.worker == wanted.get("worker", task.worker)
            and any(
                task.state in STATUSES[word] for word in wanted.get("status", task.state).split(",")
            )
        )

    assert found == [str(task.pk) for task in tasks if fits(task)][::-1]
    assert found


def test_tasks_are_listed_by_the_time_of_their_creation(api):
    # given
    start = timezone.now().replace(microsecond=500_000) - timedelta(days=1)
    moments = [start + timedelta(minutes=minute) for minute in range(5)]
    tasks = [make_task(id=id_at(moment), created_at=moment) for moment in moments]

    # when
    found = ids_of(
        api.get(
            "tasks",
            created_after=moments[1].isoformat(),
            created_before=moments[4].isoformat().replace("+00:00", "Z"),
        )
    )

    # then
    assert found == [str(task.pk) for task in tasks[1:4]][::-1]


def test_an_unescaped_plus_of_a_time_zone_is_understood(api):
    make_task()

    response = api.client.get("/api/tasks?created_after=2020-01-01T00:00:00+01:00")

    assert len(ids_of(response)) == 1


def test_a_list_leaves_out_what_may_be_long(api):
    make_task(kwargs={"data": "x"})

    (line,) = api.get("tasks").json()["tasks"]

    assert not {"args", "kwargs", "result"} & line.keys()


def test_a_list_costs_one_query_whatever_its_length(api, django_assert_num_queries):
    for _ in range(20):
        make_task()

    with django_assert_num_queries(1):
        api.get("tasks")


def test_a_task_costs_one_statement_whatever_its_history(api, django_assert_num_queries):
    # given
    task = make_task()
    for _ in range(5):
        finished(outcome_of(claimed(reload(task)), move=Move.RETRY, ending=Ending.FAILED))
        Task.objects.update(state=State.PENDING)

    # then
    with django_assert_num_queries(1):
        api.get(f"tasks/{task.pk}")


def test_a_submit_costs_one_statement(api, django_assert_num_queries):
    with django_assert_num_queries(1):
        api.post("tasks/submit", {"task_type": "add", "payload": {"x": 1, "y": 2}})


@pytest.mark.parametrize(("total", "percent"), [(4, 25.0), (None, None)])
def test_the_progress_of_a_running_task_is_shown(api, total, percent):
    progress = {"current": 1, "total": total, "percent": percent, "message": "first of all"}
    task = make_task(state=State.STARTED, progress=progress)

    response = api.get(f"tasks/{task.pk}")

    TaskDetail.model_validate_json(response.content)
    assert response.json()["progress"] == progress

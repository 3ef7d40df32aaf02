"""django-rq's buttons over tasks: what each does to the row."""

import pytest

from jobs.domain.states import State
from jobs.models import Event
from tests.support.rows import ago, make_task, reload
from tests.support.rq import HOME, QUEUE, line, plain, rung
from tests.support.staff import said

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("before", "button", "after"),
    [
        ("PENDING", "delete", "REVOKED"),
        ("RETRY", "delete", "REVOKED"),
        ("FAILURE", "requeue", "PENDING"),
        ("SUCCESS", "requeue", "PENDING"),
        ("REVOKED", "enqueue", "PENDING"),
        ("PENDING", "stop", "REVOKED"),
        ("SUCCESS", "delete", "SUCCESS"),
        ("PENDING", "requeue", "PENDING"),
    ],
)
def test_a_tasks_button_acts_on_its_row(root, before, button, after):
    # given
    task = rung(state=before)

    # when
    response = root.post(f"{QUEUE}task-{task.pk}/{button}/")

    # then
    assert response.status_code == 302
    assert reload(task).state == after


def test_delete_of_a_dead_letter_discards_it(root):
    # given
    task = rung(state="FAILURE")

    # when
    root.post(f"{QUEUE}task-{task.pk}/delete/")

    # then
    assert reload(task).discarded_at is not None
    assert Event.objects.get().kind == "discarded"
    assert Event.objects.get().actor == "root"


def test_stop_asks_the_worker_of_a_running_task(root):
    # given
    task = rung(state="STARTED", worker="w1")

    # when
    response = root.post(f"{QUEUE}task-{task.pk}/stop/")

    # then
    assert reload(task).cancel_requested_at is not None
    assert "Asked 1 task to stop" in said(response)


def test_a_get_of_a_tasks_button_changes_nothing(root):
    # given
    task = rung()

    # then
    for button in ("delete", "requeue", "enqueue", "stop"):
        assert root.get(f"{QUEUE}task-{task.pk}/{button}/").status_code == 302
    assert reload(task).state == State.PENDING


def test_a_deleted_tasks_ticket_leaves_the_line(root, redis):
    # given
    gone, stays = rung(), rung()

    # when
    root.post(f"{QUEUE}task-{gone.pk}/delete/")

    # then
    assert line(redis) == [f"task-{stays.pk}"]


@pytest.mark.parametrize(
    ("action", "before", "after"),
    [
        ("delete", "PENDING", "REVOKED"),
        ("requeue", "FAILURE", "PENDING"),
        ("stop", "PENDING", "REVOKED"),
    ],
)
def test_bulk_acts_on_the_rows_of_tasks(root, action, before, after):
    # given
    tasks = [rung(state=before) for _ in range(3)]
    ids = [f"task-{task.pk}" for task in tasks]

    # when
    asked = root.post(
        f"{HOME}queues/confirm-action/1/", {"action": action, "_selected_action": ids}
    )
    root.post(f"{HOME}queues/actions/1/", {"action": action, "job_ids": ids})

    # then
    assert asked.context["job_ids"] == ids
    assert [reload(task).state for task in tasks] == [after] * 3


def test_bulk_delete_of_tasks_and_plain_jobs_together_does_both(root, redis):
    # given
    task, job = rung(), plain()
    ids = [f"task-{task.pk}", job.id]

    # when
    root.post(f"{HOME}queues/actions/1/", {"action": "delete", "job_ids": ids})

    # then
    assert reload(task).state == State.REVOKED
    assert line(redis) == []
    assert not redis.exists(job.key)


def test_bulk_never_leads_to_another_site(root):
    # given
    task = rung()
    form = {"action": "delete", "job_ids": [f"task-{task.pk}"], "next_url": "https://evil.example/"}

    # then
    assert root.post(f"{HOME}queues/actions/1/", form).url == QUEUE


def test_empty_cancels_what_waits_and_clears_the_line(root, redis):
    # given
    waiting, other = rung(), make_task(queue="low")
    lost = make_task(queue="high")
    plain()

    # when
    root.post(f"{QUEUE}empty/")

    # then
    assert [reload(task).state for task in (waiting, lost, other)] == [
        "REVOKED",
        "REVOKED",
        "PENDING",
    ]
    assert line(redis) == []


def test_too_many_for_one_go_are_begun_and_told(root, redis, monkeypatch):
    # given
    monkeypatch.setattr("jobs.admin.rq_buttons.MOST_TASKS", 2)
    tasks = [rung(run_after=ago(60 - number)) for number in range(3)]

    # when
    response = root.post(f"{QUEUE}empty/")

    # then
    assert [reload(task).state for task in tasks] == ["REVOKED", "REVOKED", "PENDING"]
    assert "press again" in said(response)
    assert f"task-{tasks[2].pk}" in line(redis)


def test_requeue_all_requeues_dead_letters_and_plain_failures(root):
    # given
    dead, discarded = (
        make_task(queue="high", state="FAILURE"),
        make_task(queue="high", state="FAILURE", discarded_at=ago(1)),
    )
    job = plain(fails=True)

    # when
    root.post(f"{QUEUE}requeue-all/")

    # then
    assert [reload(dead).state, reload(discarded).state] == ["PENDING", "FAILURE"]
    assert job.get_status() == "queued"


def test_clear_failed_discards_dead_letters_and_deletes_plain_failures(root, redis):
    # given
    dead, job = make_task(queue="high", state="FAILURE"), plain(fails=True)

    # when
    root.post(f"{QUEUE}failed/clear/")

    # then
    assert reload(dead).discarded_at is not None
    assert not redis.exists(job.key)


@pytest.mark.parametrize("page", ["empty", "requeue-all", "failed/clear"])
def test_a_page_that_asks_says_how_many_tasks_it_concerns(root, page):
    # given
    state = "PENDING" if page == "empty" else "FAILURE"
    for _ in range(3):
        make_task(queue="high", state=state)

    # then
    assert noticed(root.get(f"{QUEUE}{page}/")).startswith("<strong>3</strong>")


@pytest.mark.parametrize("page", ["empty", "requeue-all", "failed/clear"])
def test_a_page_that_asks_says_when_one_go_does_not_take_them_all(root, page, monkeypatch):
    # given
    monkeypatch.setattr("jobs.admin.rq_buttons.MOST_TASKS", 2)
    for _ in range(3):
        make_task(queue="high", state="PENDING" if page == "empty" else "FAILURE")

    # then
    notice = noticed(root.get(f"{QUEUE}{page}/"))
    assert notice.startswith("<strong>2</strong>")
    assert "the most in one go, more are left" in notice


def noticed(response):
    """What the page says about tasks, before RQ's own words."""
    page = response.content.decode()
    assert response.status_code == 200, page
    _, _, rest = page.partition('<p class="jobs-note">')
    return rest.partition("</p>")[0].strip() or page

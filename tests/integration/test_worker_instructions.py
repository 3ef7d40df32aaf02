"""What a worker is told through its row: by every door, by whom, and what all others see of it."""

from datetime import timedelta

import pytest
from django.contrib.admin.utils import quote
from django.utils import timezone

from jobs.domain.workers import Instruction
from jobs.exceptions import WorkerRefused
from jobs.models import LostWorker, WorkerLease
from jobs.selectors.explain import explain
from jobs.selectors.findings import Level
from jobs.selectors.health import diagnose
from jobs.selectors.queues import queues
from jobs.selectors.workers import losses, workers
from jobs.services import losses as loss_services
from jobs.services.instruct import instruct
from jobs.services.losses import record_loss
from tests.support.api import fields_of, problem_of
from tests.support.rows import ago, make_task
from tests.support.staff import client_of, said

pytestmark = pytest.mark.django_db

PAGE = "/admin/jobs/workerlease/"
WORDS = {"quiet": "quiet", "stop": "stopping", "resume": "idle"}


@pytest.fixture
def lease() -> WorkerLease:
    return make_lease("w1")


def make_lease(name: str, **columns: object) -> WorkerLease:
    given: dict[str, object] = {"host": "h1", "pid": 4711, "queues": ["high", "default", "low"]}
    return WorkerLease.objects.create(name=name, **(given | columns))


def state_of(name: str = "w1") -> str:
    return next(worker.state for worker in workers() if worker.name == name)


# Told


def test_what_a_worker_is_told_stands_in_its_row_with_who_and_why(lease):
    instruct(worker="w1", instruction=Instruction.QUIET, actor="ann", reason="it eats memory")

    lease.refresh_from_db()
    assert lease.instruction == Instruction.QUIET
    assert (lease.instructed_by, lease.instructed_reason) == ("ann", "it eats memory")
    assert timezone.now() - lease.instructed_at < timedelta(minutes=1)


def test_what_it_was_told_before_keeps_its_first_reason(lease):
    instruct(worker="w1", instruction=Instruction.QUIET, actor="ann", reason="first")
    instruct(worker="w1", instruction=Instruction.QUIET, actor="bob", reason="second")

    (facts,) = workers()
    assert facts.instructed.words == "by ann: first"


def test_a_stop_is_not_taken_back(lease):
    instruct(worker="w1", instruction=Instruction.STOP, actor="ann")

    for other in (Instruction.WORK, Instruction.QUIET):
        with pytest.raises(WorkerRefused, match="stopping"):
            instruct(worker="w1", instruction=other, actor="bob")
    assert state_of() == "stopping"


def test_a_quiet_worker_is_no_consumer_and_a_waiting_task_says_why(lease):
    # given
    task = make_task()
    make_task(state="STARTED", worker="w1", started_at=ago(3))
    assert {queue.workers for queue in queues()} == {1}

    # when
    instruct(worker="w1", instruction=Instruction.QUIET, actor="ann", reason="it eats memory")

    # then
    assert state_of() == "quiet"
    assert {queue.workers for queue in queues()} == {0}
    codes = {reason.code: reason for reason in explain(task)}
    assert "no_worker" not in codes
    assert "w1 (by ann: it eats memory)" in codes["workers_quiet"].message
    assert codes["workers_quiet"].about == (("worker", "w1"),)
    findings = [each for each in diagnose().findings if each.check == "workers"]
    (told,) = [each.message for each in findings if each.level is Level.WARNING]
    assert "is quiet with 1 task by ann: it eats memory" in told


# By the API


@pytest.mark.parametrize(("verb", "state"), WORDS.items())
def test_the_api_tells_a_worker(api, root, lease, verb, state):
    api.client = root

    answer = api.post(f"workers/w1/{verb}", {"reason": "a look"})

    assert answer.status_code == 200
    assert answer.json()["state"] == state
    (listed,) = api.get("workers").json()["workers"]
    assert listed["state"] == state
    told = listed["instructed"]
    assert told is None if verb == "resume" else (told["by"], told["reason"]) == ("root", "a look")


def test_a_quiet_worker_serves_nothing_by_the_apis_health(api, root, lease):
    api.client = root
    assert api.get("workers/health").json()["status"] == "healthy"

    api.post("workers/w1/quiet")

    health = api.get("workers/health")
    assert (health.status_code, health.json()["status"]) == (200, "degraded")
    assert health.json()["unserved_queues"] == ["high", "default", "low"]


@pytest.mark.parametrize("verb", WORDS)
def test_a_worker_that_is_not_there_is_404(api, root, verb):
    api.client = root

    for name in ("nobody", "%00"):
        problem_of(api.post(f"workers/{name}/{verb}"), 404, "worker_not_found")


def test_a_stopping_worker_refuses_by_409_with_its_state(api, root, lease):
    api.client = root
    api.post("workers/w1/stop")

    problem = problem_of(api.post("workers/w1/resume"), 409, "worker_refused")

    assert problem["state"] == "stopping"


def test_what_the_api_cannot_read_is_told_by_its_field(api, root, lease):
    api.client = root

    for body, field in (
        ({"reason": 7}, "reason"),
        ({"why": "x"}, "why"),
        ({"reason": "\0"}, "reason"),
    ):
        assert fields_of(api.post("workers/w1/quiet", body).json()) == [field]
    assert state_of() == "idle"


# By the admin


@pytest.mark.parametrize("word", ["quiet", "stop"])
def test_the_admin_asks_before_it_tells(root, lease, word):
    make_task(state="STARTED", worker="w1", started_at=ago(3))
    url = f"{PAGE}w1/tell/{word}/"
    assert url in root.get(PAGE).content.decode()
    assert url in root.get(f"{PAGE}w1/change/").content.decode()

    # when asked
    question = root.get(url).content.decode()
    assert "It holds 1 task now." in question
    assert state_of() == "busy"

    # when told
    answer = root.post(url, {"reason": "<b>leak</b>"}, follow=True)

    # then
    assert state_of() == WORDS[word]
    page = answer.content.decode()
    assert "by root: &lt;b&gt;leak&lt;/b&gt;" in page
    assert f"jobs-badge jobs-{WORDS[word]}" in page
    assert url not in page


def test_the_admin_resumes(root, lease):
    instruct(worker="w1", instruction=Instruction.QUIET, actor="ann")

    answer = root.post(f"{PAGE}w1/tell/resume/", {"reason": ""})

    assert said(answer) == "w1: It takes tasks again."
    assert state_of() == "idle"


def test_the_admin_says_what_cannot_be_told_any_more(root, lease):
    instruct(worker="w1", instruction=Instruction.STOP, actor="ann")

    question = root.get(f"{PAGE}w1/tell/quiet/").content.decode()
    assert "It is stopping: that cannot be done now." in question
    assert '<form method="post">' not in question
    assert "stopping" in said(root.post(f"{PAGE}w1/tell/resume/"))


def test_the_admin_tells_nothing_to_a_worker_that_is_gone(root):
    for send in (root.get, root.post):
        answer = send(f"{PAGE}gone/tell/quiet/")
        assert (answer.status_code, answer.url) == (302, PAGE)
        assert "There is no worker 'gone'" in said(answer)


def test_telling_wants_its_permission_and_a_word_that_there_is(root, lease):
    viewer = client_of("jobs.view_task", "jobs.view_workerlease", name="bob")

    for word in ("quiet", "stop", "resume"):
        assert viewer.get(f"{PAGE}w1/tell/{word}/").status_code == 403
        assert viewer.post(f"{PAGE}w1/tell/{word}/").status_code == 403
    assert "/tell/" not in viewer.get(PAGE).content.decode()
    assert "/tell/" not in viewer.get(f"{PAGE}w1/change/").content.decode()
    assert root.post(f"{PAGE}w1/tell/dance/").status_code == 404
    assert root.put(f"{PAGE}w1/tell/quiet/").status_code == 405
    assert state_of() == "idle"


def test_a_hostile_name_is_told_like_any_other(root):
    name = "../<script>alert(1)</script>\u202e"
    make_lease(name)

    url = f"{PAGE}{quote(name)}/tell/quiet/"
    page = root.get(url).content.decode()
    assert "<script>alert" not in page
    assert "\u202e" not in page
    root.post(url)
    assert state_of(name) == "quiet"


def test_a_task_that_it_holds_can_be_stopped_from_its_page(root, lease):
    held = make_task(state="STARTED", worker="w1", started_at=ago(3))
    url = f"/admin/jobs/task/{held.pk}/do/cancel/"
    viewer = client_of("jobs.view_task", "jobs.view_workerlease", name="bob")

    assert url in root.get(f"{PAGE}w1/change/").content.decode()
    assert url not in viewer.get(f"{PAGE}w1/change/").content.decode()


def test_memory_is_shown_where_it_is_known(root):
    make_lease("w1", memory_mb=123.4)
    make_lease("w2")

    page = root.get(PAGE).content.decode()

    assert page.count("MiB") == 1
    assert "123 MiB" in page
    assert "123 MiB" in root.get(f"{PAGE}w1/change/").content.decode()


# Lost ones


def test_a_lost_worker_is_told_with_what_became_of_its_tasks(root, lease):
    # given
    assert "No worker was ever lost." in root.get(PAGE).content.decode()
    ended, waiting = make_task(state="SUCCESS"), make_task(state="RETRY")
    record_loss(lease, [ended, waiting], why="process <4711> is gone")

    # then
    page = root.get(PAGE).content.decode()
    assert "process &lt;4711&gt; is gone" in page
    assert str(ended.pk) in page
    assert str(waiting.pk) in page
    (loss,) = losses(most=5)
    assert {task.state for task in loss.tasks} == {"SUCCESS", "RETRY"}


def test_only_so_many_losses_and_tasks_are_kept(lease, monkeypatch):
    monkeypatch.setattr(loss_services, "MOST_LOSSES", 2)
    monkeypatch.setattr(loss_services, "MOST_TASKS", 1)
    tasks = [make_task(), make_task()]

    for number in range(3):
        record_loss(lease, tasks, why=str(number))

    assert [loss.why for loss in LostWorker.objects.all()] == ["2", "1"]
    newest = LostWorker.objects.first()
    assert (newest.task_count, newest.task_ids) == (2, [str(tasks[0].pk)])


def test_the_list_of_workers_costs_at_most_twelve_queries(
    root, lease, django_assert_max_num_queries
):
    for _ in range(5):
        record_loss(lease, [make_task()], why="gone")

    with django_assert_max_num_queries(12):
        root.get(PAGE)
    with django_assert_max_num_queries(12):
        root.get(f"{PAGE}w1/change/")

"""Verbs of the admin that need more than a click: reschedule, move, edit and rerun, duplicate."""

import json

import pytest

from jobs.domain.states import State
from jobs.models import Event, Operation, Task
from tests.support.admin_actions import URL, ask, confirm, upto_of
from tests.support.operations import worked
from tests.support.rows import make_task, reload
from tests.support.staff import client_of, said

pytestmark = pytest.mark.django_db

SUM = {"x": 1, "y": 2}
EMAIL = {"to": "ann@example.com", "subject": "Hello", "body": "It works."}


def page_of(task: Task, verb: str) -> str:
    return f"{URL}{task.pk}/do/{verb}/"


def test_a_task_is_moved_from_its_own_page(root):
    # given
    task = make_task(queue="low")
    assert page_of(task, "move") in root.get(f"{URL}{task.pk}/change/").content.decode()
    assert root.get(page_of(task, "move")).status_code == 200

    # when
    answer = root.post(page_of(task, "move"), {"queue": "high", "reason": "urgent"})

    # then
    assert answer.url == f"{URL}{task.pk}/change/"
    assert reload(task).queue == "high"
    event = Event.objects.get()
    assert (event.kind, event.actor, event.reason) == (
        "moved",
        "root",
        "from low to high: urgent",
    )


@pytest.mark.parametrize(
    ("verb", "form", "wrong"),
    [
        ("move", {"queue": "nowhere"}, "queue"),
        ("move", {}, "queue"),
        ("reschedule", {"when": "later"}, "run_after"),
        ("reschedule", {"when": "later", "run_after": "2001-01-01T00:00"}, "run_after"),
        ("rerun", {"kwargs": "[1]"}, "kwargs"),
        ("rerun", {"kwargs": "{"}, "kwargs"),
        ("rerun", {"kwargs": '{"x": "one", "y": 2}'}, "kwargs"),
        ("rerun", {"kwargs": '{"x": 1}'}, "kwargs"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_changes_nothing(root, verb, form, wrong):
    task = make_task(kwargs=SUM)

    page = root.post(page_of(task, verb), form)

    assert page.status_code == 200
    assert list(page.context["form"].errors) == [wrong]
    assert 'role="alert"' in page.content.decode()
    assert Task.objects.count() == 1
    assert not Event.objects.exists()


def test_a_task_is_put_off_and_run_at_once(root):
    task = make_task()

    root.post(page_of(task, "reschedule"), {"when": "later", "run_after": "2035-01-31T12:00"})
    assert reload(task).state == State.SCHEDULED
    assert reload(task).run_after.year == 2035

    root.post(page_of(task, "reschedule"), {"when": "now"})
    assert reload(task).state == State.PENDING


def test_an_edited_task_runs_again_as_a_new_one_and_its_secrets_stay(root):
    # given a task that failed, whose secret is not shown
    given = EMAIL | {"body": "password=hunter2"}
    task = make_task(name="send_email", state=State.FAILURE, kwargs=given)
    page = root.get(page_of(task, "rerun"))
    assert "hunter2" not in page.content.decode()
    shown = page.context["form"].initial["kwargs"]

    # when its address is changed
    edited = shown | {"to": "bob@example.com"}
    answer = root.post(page_of(task, "rerun"), {"kwargs": json.dumps(edited), "reason": "typo"})

    # then the new task has it, and the secret as it was
    new = Task.objects.get(parent=task.pk)
    assert new.kwargs == given | {"to": "bob@example.com"}
    assert answer.url == f"{URL}{new.pk}/change/"
    assert reload(task).state == State.FAILURE


def test_what_the_type_does_not_take_is_told_by_argument(root):
    task = make_task(kwargs=SUM, state=State.FAILURE)

    page = root.post(page_of(task, "rerun"), {"kwargs": '{"x": "one", "y": 2, "z": 3}'})

    told = " ".join(page.context["form"].errors["kwargs"])
    assert "x" in told
    assert "z" in told
    assert ("x", True) in [(name, needed) for name, _, needed in page.context["schema"]]


def test_a_duplicate_is_made_by_a_post_alone(root):
    task = make_task(kwargs=SUM, state=State.SUCCESS)

    assert root.get(page_of(task, "duplicate")).status_code == 405
    answer = root.post(page_of(task, "duplicate"))

    new = Task.objects.get(parent=task.pk)
    assert (new.kwargs, new.state) == (SUM, State.PENDING)
    assert "new task" in said(answer)


@pytest.mark.parametrize(
    ("verb", "permissions"),
    [
        ("move", {"move_task"}),
        ("reschedule", {"reschedule_task"}),
        ("rerun", {"requeue_task", "submit_task", "view_payload"}),
        ("duplicate", {"requeue_task", "submit_task"}),
    ],
)
def test_each_verb_wants_all_its_permissions(verb, permissions):
    # given people who lack one each
    task = make_task(kwargs=SUM)
    for missing in permissions:
        rest = {"view_task", *permissions} - {missing}
        client = client_of(*(f"jobs.{each}" for each in rest), name=f"lacks-{missing}")

        # then
        page = client.get(f"{URL}{task.pk}/change/").content.decode()
        assert page_of(task, verb) not in page
        assert client.get(page_of(task, verb)).status_code == 403
        assert client.post(page_of(task, verb), {"kwargs": "{}"}).status_code == 403


def test_ticked_tasks_are_moved_at_once_after_a_question(root):
    # given
    tasks = [make_task(queue="low") for _ in range(2)]
    page = ask(root, "move", tasks)
    assert "id_queue" in page.content.decode()

    # when no queue is told, then one
    again = confirm(root, "move", tasks)
    assert again.status_code == 200
    confirm(root, "move", tasks, queue="high", reason="busy")

    # then
    assert {reload(task).queue for task in tasks} == {"high"}
    assert not Operation.objects.exists()


def test_all_that_match_run_again_with_one_argument_changed(root):
    # given
    tasks = [make_task(kwargs=SUM, state=State.FAILURE) for _ in range(3)]
    url = f"{URL}?state=FAILURE"
    page = ask(root, "rerun", tasks[:1], url=url, select_across="1")

    # when
    form = {"select_across": "1", "upto": upto_of(page), "kwargs": '{"y": 7}'}
    confirm(root, "rerun", tasks[:1], url=url, **form)

    # then
    operation = Operation.objects.get()
    assert operation.parameters == {"kwargs": {"y": 7}}
    assert worked(operation).done_count == 3
    new = Task.objects.filter(parent__in=[task.pk for task in tasks])
    assert [task.kwargs for task in new] == [{"x": 1, "y": 7}] * 3

"""Requeue, cancel and discard in the admin: on many ticked rows, and on one task's page."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jobs.domain.states import State
from jobs.models import Event, Task
from tests.support.admin_actions import URL, ask, confirm
from tests.support.rows import claimed, make_task, reload
from tests.support.staff import client_of, make_staff, said

pytestmark = pytest.mark.django_db


def states(tasks: list[Task]) -> list[str]:
    return [reload(task).state for task in tasks]


def one_of_each_state() -> dict[str, Task]:
    return {state.value: make_task(state=state.value, worker="w1") for state in State}


def test_an_action_asks_first_and_changes_nothing(root):
    # given
    tasks = list(one_of_each_state().values())
    before = states(tasks)

    # when
    page = ask(root, "cancel", tasks)

    # then
    assert page.status_code == 200
    assert (page.context["done_count"], page.context["count"]) == (5, 8)
    assert states(tasks) == before


def test_the_question_tells_the_split_by_state_truly(root):
    # given
    tasks = [*one_of_each_state().values(), make_task(), make_task()]

    # when
    shares = ask(root, "cancel", tasks).context["shares"]

    # then
    done = {str(share.count): share.effect for share in shares if share.effect}
    assert "revoked at once" in done["3"]
    assert sum(share.count for share in shares if share.effect is None) == 3


@pytest.mark.parametrize(
    ("verb", "moved"),
    [
        ("requeue", {"SUCCESS", "FAILURE", "REVOKED"}),
        ("cancel", {"SCHEDULED", "BLOCKED", "PENDING", "RETRY"}),
    ],
)
def test_a_confirmed_action_moves_what_its_state_allows_and_nothing_else(root, verb, moved):
    # given
    tasks = one_of_each_state()

    # when
    confirm(root, verb, list(tasks.values()))

    # then
    target = "PENDING" if verb == "requeue" else "REVOKED"
    for state, task in tasks.items():
        assert reload(task).state == (target if state in moved else state)


def test_a_running_task_is_asked_to_stop_and_the_message_says_so(root):
    # given
    task = make_task()
    claimed(task)

    # when
    response = confirm(root, "cancel", [task], reason="too slow")

    # then
    assert reload(task).state == State.STARTED
    assert reload(task).cancel_requested_at is not None
    assert "Asked 1 task to stop" in said(response)


def test_discard_takes_the_task_out_of_the_dead_letters_and_keeps_its_row(root):
    # given
    task = make_task(state="FAILURE")

    # when
    confirm(root, "discard", [task])

    # then
    assert reload(task).state == State.FAILURE
    assert not Task.objects.dead_letters().exists()


def test_the_message_says_what_was_moved_refused_and_gone(root):
    # given
    done, pending, gone = make_task(state="SUCCESS"), make_task(), make_task(state="SUCCESS")
    Task.objects.filter(pk=gone.pk).delete()

    # when
    response = confirm(root, "requeue", [done, pending])

    # then
    assert said(response) == (
        "Requeued 1 task. Refused by state: 1 PENDING. Nothing was changed there."
    )


def test_history_names_who_did_it_and_why():
    # given
    client = client_of("jobs.view_task", "jobs.cancel_task", name="grace")
    tasks = [make_task(), make_task()]

    # when
    confirm(client, "cancel", tasks, reason="  wrong month ")

    # then
    told = Event.objects.values_list("kind", "actor", "reason")
    assert list(told) == [("cancelled", "grace", "wrong month")] * 2


def test_ticked_rows_are_meant_though_they_left_the_filter_meanwhile(root):
    # given a task ticked under the tab of failures, which somebody else requeued since
    task = make_task(state="PENDING")

    # when
    page = ask(root, "cancel", [task], url=f"{URL}?state=FAILURE")

    # then
    assert page.context["count"] == 1


@pytest.mark.parametrize("verb", ["requeue", "cancel", "discard"])
def test_without_its_permission_a_verb_is_neither_offered_nor_obeyed(verb):
    # given somebody who holds the other two
    others = {"requeue", "cancel", "discard"} - {verb}
    client = client_of("jobs.view_task", *[f"jobs.{other}_task" for other in others])
    task = make_task(state="PENDING" if verb == "cancel" else "FAILURE")

    # then
    assert f"{verb}_selected" not in client.get(URL).content.decode()
    assert f"do/{verb}/" not in client.get(f"{URL}{task.pk}/change/").content.decode()
    assert ask(client, verb, [task]).status_code == 403
    assert confirm(client, verb, [task]).status_code == 403
    assert client.post(f"{URL}{task.pk}/do/{verb}/").status_code == 403
    assert not Event.objects.exists()


def test_somebody_who_may_only_look_gets_403_for_each_verb():
    # given
    client = client_of("jobs.view_task")
    task = make_task()

    # then
    for verb in ("requeue", "cancel", "discard"):
        assert ask(client, verb, [task]).status_code == 403
        assert client.post(f"{URL}{task.pk}/do/{verb}/").status_code == 403


def test_an_action_without_its_csrf_token_is_refused():
    # given
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_staff("jobs.view_task", "jobs.cancel_task"))
    task = make_task()

    # then
    assert confirm(client, "cancel", [task]).status_code == 403
    assert client.post(f"{URL}{task.pk}/do/cancel/").status_code == 403
    assert reload(task).state == State.PENDING


@pytest.mark.parametrize("ticked", ["no-uuid", "' OR 1=1", "\x00"])
def test_ids_that_are_none_are_told_and_change_nothing(root, ticked):
    response = root.post(
        URL, {"action": "cancel_selected", "index": "0", "_selected_action": ticked}
    )
    assert response.status_code == 302
    assert "not a list of task ids" in said(response)


def test_many_rows_cost_as_many_queries_as_few(root, django_assert_num_queries):
    # given
    few, many = ([make_task() for _ in range(count)] for count in (2, 90))
    with CaptureQueriesContext(connection) as queries:
        confirm(root, "cancel", few)

    # then
    with django_assert_num_queries(len(queries)):
        confirm(root, "cancel", many)

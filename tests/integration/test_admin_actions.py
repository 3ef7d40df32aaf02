"""Requeue, cancel and discard in the admin: on many ticked rows, and on one task's page."""

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.domain.states import State
from jobs.models import Event, Operation, Task
from tests.support.operations import worked
from tests.support.rows import claimed, make_task, reload
from tests.support.staff import client_of, make_staff, said
from tests.support.waiting import wait_for

pytestmark = pytest.mark.django_db


URL = "/admin/jobs/task/"


def ask(client: Client, verb: str, tasks: list[Task], url: str = URL, **form: Any) -> Any:
    """Choose an action for ticked rows, as the list's form posts it."""
    ticked = {"_selected_action": [str(task.pk) for task in tasks]}
    return client.post(url, {"action": f"{verb}_selected", "index": "0"} | ticked | form)


def confirm(client: Client, verb: str, tasks: list[Task], url: str = URL, **form: Any) -> Any:
    """Confirm it, as the page that asks posts it."""
    ticked = {"_selected_action": [str(task.pk) for task in tasks]}
    return client.post(url, {"action": f"{verb}_selected", "confirmed": verb} | ticked | form)


def upto_of(page: Any) -> str:
    """The moment of the question, as its form posts it."""
    return str(page.context["upto"])


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


def test_all_matches_are_those_of_the_filters_and_not_younger_than_the_question(root):
    # given
    low = [make_task(queue="low") for _ in range(3)]
    high = make_task(queue="high")
    url = f"{URL}?queue=low"
    page = ask(root, "cancel", low[:1], url=url, select_across="1")
    assert page.context["count"] == 3

    # when another comes before the answer
    asked_at = datetime.fromisoformat(upto_of(page))
    wait_for(lambda: timezone.now() > asked_at)  # an id tells the millisecond
    late = make_task(queue="low")
    answer = confirm(root, "cancel", low[:1], url=url, select_across="1", upto=upto_of(page))

    # then an operation does it in the background, to those that the question was about
    operation = Operation.objects.get()
    assert answer.url == f"/admin/jobs/operation/{operation.pk}/change/"
    assert (operation.action, operation.actor) == ("cancel", "root")
    assert states([*low, high, late]) == ["PENDING"] * 5
    assert worked(operation).done_count == 3
    assert states([*low, high, late]) == ["REVOKED"] * 3 + ["PENDING"] * 2


def test_all_matches_of_a_search_are_those_that_it_means_when_they_are_visited(root):
    # given tasks of which a search finds some
    found = [make_task(kwargs={"order": 7}) for _ in range(2)]
    others = [make_task(kwargs={"order": 8}), make_task(kwargs={"order": 7}, state="STARTED")]
    url = f"{URL}?q=arg.order:7+-state:started"

    # when all of them are cancelled
    page = ask(root, "cancel", found[:1], url=url, select_across="1")
    assert (page.context["count"], page.context["done_count"]) == (2, 2)
    confirm(root, "cancel", found[:1], url=url, select_across="1", upto=upto_of(page))

    # then the search is kept as it was spelled, and nothing else is touched
    operation = Operation.objects.get()
    assert operation.filter["search"] == "arg.order:7 -state:started"
    assert worked(operation).done_count == 2
    assert states([*found, *others]) == ["REVOKED", "REVOKED", "PENDING", "STARTED"]
    assert Event.objects.count() == 2


def test_all_matches_of_a_search_that_is_none_are_no_tasks():
    # given somebody who may not search for payloads
    client = client_of("jobs.view_task", "jobs.cancel_task")
    task = make_task(kwargs={"order": 7})

    for search in ("arg.order:7", "nofield:7"):
        # when
        url = f"{URL}?q={search}"
        for post in (ask, confirm):
            answer = post(client, "cancel", [task], url=url, select_across="1")

            # then
            assert answer.status_code == 302
    assert not Operation.objects.exists()
    assert states([task]) == ["PENDING"]


def test_all_dead_letters_are_not_the_discarded_ones(root):
    # given
    dead = make_task(state="FAILURE")
    gone = make_task(state="FAILURE", discarded_at=timezone.now())
    url = f"{URL}?dead=open"

    # when
    page = ask(root, "requeue", [dead], url=url, select_across="1")
    confirm(root, "requeue", [dead], url=url, select_across="1", upto=upto_of(page))

    # then
    assert page.context["count"] == 1
    assert worked(Operation.objects.get()).done_count == 1
    assert states([dead, gone]) == ["PENDING", "FAILURE"]


def test_a_question_about_more_than_it_counts_says_so_and_means_all(root, monkeypatch):
    # given
    monkeypatch.setattr("jobs.admin.actions.MOST_COUNTED", 2)
    tasks = [make_task() for _ in range(3)]

    # when
    page = ask(root, "cancel", tasks[:1], select_across="1")
    confirm(root, "cancel", tasks[:1], select_across="1", upto=upto_of(page))

    # then
    assert (page.context["is_all"], page.context["count"]) == (False, 2)
    assert "more than 2" in page.content.decode()
    assert worked(Operation.objects.get()).total_count == 3
    assert states(tasks) == ["REVOKED"] * 3


def test_more_ticked_rows_than_a_page_has_are_done_in_the_background(root, monkeypatch):
    # given
    monkeypatch.setattr("jobs.admin.actions.MOST_AT_ONCE", 2)
    tasks, other = [make_task() for _ in range(3)], make_task()

    # when
    confirm(root, "cancel", tasks)

    # then
    assert states([*tasks, other]) == ["PENDING"] * 4
    assert worked(Operation.objects.get()).done_count == 3
    assert states([*tasks, other]) == ["REVOKED"] * 3 + ["PENDING"]


def test_a_question_costs_as_many_queries_for_many_tasks_as_for_few(
    root, django_assert_max_num_queries
):
    # given
    few = [make_task() for _ in range(2)]
    with CaptureQueriesContext(connection) as queries:
        ask(root, "cancel", few, select_across="1")
    for _ in range(30):
        make_task()

    # then
    with django_assert_max_num_queries(min(12, len(queries))):
        ask(root, "cancel", few, select_across="1")


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

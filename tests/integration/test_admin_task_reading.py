"""What of a task has a page of its own: whole texts, two attempts side by side, the raw row."""

import json
import re
import uuid

import pytest
from django.test import Client

from jobs.models import Attempt, Dependency, Task
from tests.support.rows import ago, make_task
from tests.support.staff import client_of

pytestmark = pytest.mark.django_db

MEGABYTE = "word " * 200_000
TRACEBACK = 'Traceback:\n  File "/srv/{name}.py", line {line}, in run\n    go()\nError: {line}'


def url_of(task: Task, rest: str) -> str:
    return f"/admin/jobs/task/{task.pk}/{rest}"


def text_of(client: Client, task: Task, rest: str) -> str:
    response = client.get(url_of(task, rest))
    assert response.status_code == 200
    return response.content.decode()


def deep(levels: int) -> object:
    value: object = "bottom"
    for _ in range(levels):
        value = [value]
    return value


def with_attempts(count: int = 2, **columns: str) -> Task:
    task = make_task(state="FAILURE", attempt_count=count)
    Attempt.objects.bulk_create(
        Attempt(
            **{
                "task": task,
                "number": n,
                "fence": n,
                "outcome": "failed",
                "worker": f"w{n}",
                "release": "r1",
                "queued_at": ago(100),
                "started_at": ago(90),
                "finished_at": ago(80 - n),
                "exception": "shop.Timeout",
                "error": "Timeout: no answer",
                "traceback": TRACEBACK.format(name="shop", line=n),
            }
            | columns
        )
        for n in range(1, count + 1)
    )
    return task


def test_a_large_and_deep_payload_is_shown_in_part_and_whole_as_text(root):
    # given
    result = {"deep": deep(60), "wide": ["x" * 100] * 10_000, "note": "\u202e"}
    task = make_task(state="SUCCESS", kwargs={"text": MEGABYTE}, result=result)

    # when
    page = text_of(root, task, "change/")

    # then
    assert page.count("This is only a part of it.") == 2
    assert len(page) < 200_000
    assert json.loads(text_of(root, task, "text/arguments/")) == {"text": MEGABYTE}
    shown = text_of(root, task, "text/result/")
    assert "\u202e" not in shown
    assert json.loads(shown) == result


def test_secrets_are_hidden_in_the_tree_and_in_every_text(root):
    # given
    task = with_attempts(traceback="password=hunter2", log="token: hunter2", error="secret=hunter2")
    Task.objects.filter(pk=task.pk).update(
        kwargs={"password": "hunter2"}, result={"token": "hunter2"}, error="token=hunter2"
    )

    # then
    for rest in (
        "change/",
        "compare/?first=1&second=2",
        "raw/",
        *(f"text/{part}/" for part in ("arguments", "result", "error")),
        *(f"attempts/1/{part}/" for part in ("error", "traceback", "log")),
    ):
        shown = text_of(root, task, rest)
        assert "hunter2" not in shown, rest
        assert "[redacted]" in shown, rest


PAYLOAD_PAGES = ("text/arguments/", "text/result/", "text/error/", "attempts/1/traceback/")


@pytest.mark.parametrize("rest", PAYLOAD_PAGES)
def test_texts_are_refused_without_the_permission(rest):
    assert client_of("jobs.view_task").get(url_of(with_attempts(), rest)).status_code == 403


@pytest.mark.parametrize("rest", [*PAYLOAD_PAGES, "raw/", "compare/?first=1&second=2"])
def test_pages_of_a_task_are_refused_to_who_may_not_see_tasks(rest):
    assert client_of().get(url_of(with_attempts(), rest)).status_code == 403


@pytest.mark.parametrize("rest", [*PAYLOAD_PAGES, "raw/", "compare/?first=1&second=2"])
def test_pages_of_a_task_only_read(root, rest):
    assert root.post(url_of(with_attempts(), rest)).status_code == 405


@pytest.mark.parametrize("rest", [*PAYLOAD_PAGES, "raw/", "compare/?first=1&second=2"])
def test_a_task_that_is_gone_is_not_found(root, rest):
    assert root.get(url_of(Task(pk=uuid.uuid4()), rest)).status_code == 404


@pytest.mark.parametrize(
    "rest", ["text/fence/", "attempts/9/log/", "attempts/1/worker/", f"attempts/{10**30}/log/"]
)
def test_there_is_no_other_text(root, rest):
    assert root.get(url_of(with_attempts(), rest)).status_code == 404


def test_texts_are_no_pages(root):
    response = root.get(url_of(make_task(kwargs={"x": "<script>"}), "text/arguments/"))
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_the_raw_task_is_what_the_api_gives(root, api):
    # given
    task = with_attempts()

    # then
    raw = json.loads(text_of(root, task, "raw/"))
    answer = api.get(f"tasks/{task.pk}").json()
    assert raw == {key: answer[key] for key in raw}
    assert raw["attempts"][1]["worker"] == "w2"


def test_the_raw_task_is_without_payload_for_who_may_not_see_it():
    raw = json.loads(text_of(client_of("jobs.view_task"), with_attempts(), "raw/"))
    assert raw["withheld"] is True
    assert {raw["attempts"][0][name] for name in ("error", "traceback", "log")} == {None}


def test_two_attempts_stand_side_by_side_with_what_differs(root):
    # when
    page = text_of(root, with_attempts(), "compare/?first=2&second=1")

    # then
    rows = dict(
        re.findall(r'<th scope="row">(\w+)</th>.*?<td>(differs|same)</td></tr>', page, re.DOTALL)
    )
    assert rows == {
        "Outcome": "same",
        "Waited": "same",
        "Ran": "differs",
        "Finished": "differs",
        "Worker": "differs",
        "Release": "same",
        "Exception": "same",
        "Error": "same",
    }
    lines = re.findall(r'jobs-diff-(\w+)">.*?<code>(.*?)</code>', page)
    assert ("first", "Error: 2") in lines
    assert ("second", "Error: 1") in lines
    assert ("both", "    go()") in lines


def test_without_the_permission_two_attempts_are_compared_without_their_texts():
    page = text_of(client_of("jobs.view_task"), with_attempts(), "compare/?first=1&second=2")
    assert "shop.Timeout" in page
    assert "no answer" not in page
    assert "go()" not in page


@pytest.mark.parametrize(
    "query", ["", "first=1", "first=1&second=1", "first=1&second=9", "first=x&second=1", "first=²"]
)
def test_what_is_no_pair_of_attempts_leads_back_with_a_word(root, query):
    task = with_attempts()
    response = root.get(url_of(task, f"compare/?{query}"), follow=True)
    assert response.redirect_chain == [(url_of(task, "change/"), 302)]
    assert "Choose two different attempts" in response.content.decode()


def test_megabytes_of_traceback_are_compared_by_their_beginnings(root):
    # given
    task = with_attempts(traceback="one\n" * 250_000 + "end", log=MEGABYTE)
    Attempt.objects.filter(task=task, number=2).update(traceback="two\none\n" * 125_000)

    # then
    for rest in ("change/", "compare/?first=1&second=2"):
        assert len(text_of(root, task, rest)) < 600_000, rest
    assert text_of(root, task, "attempts/1/traceback/").endswith("end")
    assert "This is its beginning." in text_of(root, task, "change/")


def test_a_traceback_is_told_without_libraries_and_whole(root):
    # given
    library = '  File "/v/lib/python3.11/site-packages/x.py", line 1, in x\n    y()\n'
    own = '  File "/srv/shop.py", line 8, in run\n    go()\n'
    page = text_of(root, with_attempts(traceback=f"Traceback:\n{own}{library}E"), "change/")

    # then
    assert "… 1 frame of libraries …" in page
    assert "Full traceback" in page
    assert "site-packages" in page


def test_older_attempts_have_their_texts_a_link_away(root):
    page = text_of(root, with_attempts(12), "change/")
    assert page.count('id="traceback-') == 10
    assert "/attempts/2/traceback/" in page
    assert "/attempts/3/traceback/" not in page


def test_a_log_tells_the_level_of_each_record(root):
    page = text_of(root, with_attempts(log="2026-01-31 12:00:00,001 ERROR x: <b>no"), "change/")
    assert 'jobs-record-error">2026-01-31 12:00:00,001 ERROR x: &lt;b&gt;no' in page


def test_the_tasks_around_a_task_are_told_with_their_states(root):
    # given a task that runs another again, is run again, depends on one and is waited for
    grandparent = make_task(state="REVOKED", name="first")
    parent = make_task(state="FAILURE", name="second", parent=grandparent.pk)
    task = make_task(state="BLOCKED", name="third", parent=parent.pk)
    rerun = make_task(state="SUCCESS", name="fourth", parent=task.pk)
    needed, waiting = make_task(state="STARTED"), make_task(state="BLOCKED")
    Dependency.objects.create(task=task, depends_on=needed)
    Dependency.objects.create(task=waiting, depends_on=task)

    # when
    kin = dict(root.get(url_of(task, "change/")).context["kin"])

    # then
    assert list(kin) == ["Runs again", "Run again by", "Depends on", "Waited for by"]
    assert kin["Runs again"].index(str(parent.pk)) < kin["Runs again"].index(str(grandparent.pk))
    for words, other, state in (
        ("Runs again", parent, "Failure"),
        ("Run again by", rerun, "Success"),
        ("Depends on", needed, "Started"),
        ("Waited for by", waiting, "Blocked"),
    ):
        assert str(other.pk) in kin[words]
        assert state in kin[words]


def test_a_parent_that_retention_deleted_is_told_as_gone(root):
    task = make_task(parent=uuid.uuid4())
    assert "no longer there" in text_of(root, task, "change/")


def test_hundreds_of_generations_and_reruns_are_told_in_part(root):
    # given
    task = make_task()
    for _ in range(15):
        task = make_task(parent=task.pk)
    Task.objects.bulk_create(Task(name="add", queue="low", parent=task.pk) for _ in range(80))

    # then
    kin = dict(root.get(url_of(task, "change/")).context["kin"])
    assert kin["Runs again"].count("<li>") == 10
    assert kin["Run again by"].count("<li>") == 50


@pytest.mark.parametrize("state", ["PENDING", "STARTED", "BLOCKED", "FAILURE", "RETRY"])
def test_a_tasks_page_costs_twelve_queries_at_most(state, django_assert_max_num_queries):
    # given somebody who is no superuser, whose permissions have to be read
    client = client_of("jobs.view_task", "jobs.view_payload")
    task = make_task(state=state, worker="w1", started_at=ago(5), parent=make_task().pk)

    # then
    with django_assert_max_num_queries(12):
        client.get(url_of(task, "change/"))


@pytest.mark.parametrize("rest", [*PAYLOAD_PAGES, "raw/", "compare/?first=1&second=2"])
def test_the_pages_beside_it_cost_few_queries(root, django_assert_max_num_queries, rest):
    task = with_attempts()
    with django_assert_max_num_queries(6):
        root.get(url_of(task, rest))

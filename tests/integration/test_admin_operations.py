"""Actions over many tasks in the admin."""

import uuid

import pytest

from jobs.domain.operations import Action, Result
from jobs.domain.states import State
from jobs.models import Operation
from jobs.selectors.pages import TaskFilter
from jobs.selectors.search import search_of
from jobs.services.operate import pause_operation, resume_operation
from tests.support.operations import begin, many, worked
from tests.support.rows import make_task
from tests.support.staff import client_of, make_staff, said

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/admin/jobs/operation/"


def test_the_admin_shows_operations_with_the_buttons_one_may_press():
    begin(Action.DISCARD, TaskFilter(states=frozenset({State.FAILURE}), queue="low"))

    page = client_of("jobs.view_task", "jobs.discard_task").get(PAGE).content.decode()
    assert "queue low; status FAILURE" in page
    assert page.count("formaction=") == 2
    page = client_of("jobs.view_task", name="eve").get(PAGE).content.decode()
    assert "queue low; status FAILURE" in page
    assert "formaction=" not in page


def test_the_admins_buttons_pause_resume_and_cancel(root):
    operation = begin()
    seen = []

    for word in ("pause", "resume", "cancel", "resume"):
        answer = root.post(f"{PAGE}{operation.pk}/{word}/")
        assert answer.status_code == 302
        seen.append(Operation.objects.get().state)

    assert seen == ["paused", "running", "cancelled", "cancelled"]
    assert "it cannot resume" in said(answer)
    lines = Operation.objects.get().history
    assert [line["verb"] for line in lines] == ["pause", "resume", "cancel"]
    assert {line["actor"] for line in lines} == {"root"}


def page_of(operation: Operation) -> str:
    return f"{PAGE}{operation.pk}/change/"


def test_the_admin_tells_who_did_what_to_an_operation_the_latest_first(root):
    operation = begin()
    pause_operation(operation_id=operation.pk, actor="bob", reason="<b>lunch</b>")
    resume_operation(operation_id=operation.pk, actor="eve")

    page = root.get(page_of(operation)).content.decode()

    assert page.index("<bdi>eve</bdi>") < page.index("<bdi>bob</bdi>")
    assert "&lt;b&gt;lunch&lt;/b&gt;" in page


def test_an_operations_page_tells_how_far_it_is_and_what_became_of_each_task(root):
    # given an operation that is through: one task requeued, one left alone, one gone
    done, waiting = make_task(state=State.FAILURE), make_task()
    operation = begin(wanted=TaskFilter())
    assert "data-live-again" in root.get(page_of(operation)).content.decode()
    worked(operation)

    # when
    page = root.get(page_of(operation))

    # then
    shown = page.content.decode()
    assert "data-live-again" not in shown
    assert "100.0 %" in shown
    lines = [(line.task_id, line.result, line.note) for line, _ in page.context["lines"]]
    assert lines == [
        (done.pk, Result.DONE, ""),
        (waiting.pk, Result.SKIPPED, "PENDING"),
    ]
    only = root.get(page_of(operation), {"result": "skipped"}).context["lines"]
    assert [line.task_id for line, _ in only] == [waiting.pk]


def test_a_report_is_paged_by_key_and_downloaded_as_a_whole(root, monkeypatch):
    # given
    monkeypatch.setattr("jobs.admin.operation_page.PER_PAGE", 2)
    tasks = many(5, state=State.FAILURE)
    operation = worked(begin())

    # when one follows its pages
    seen, query = [], {}
    while True:
        page = root.get(page_of(operation), query)
        seen += [line.task_id for line, _ in page.context["lines"]]
        if not page.context["cursor"]:
            break
        query = {"after": str(page.context["cursor"])}

    # then each task stands there once, and in the file too
    assert seen == [task.pk for task in tasks]
    answer = root.get(f"{PAGE}{operation.pk}/report.csv")
    lines = b"".join(answer.streaming_content).decode().split("\r\n")
    assert lines == ["task_id,result,note", *(f"{task.pk},done," for task in tasks), ""]
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="requeue-')


def test_a_search_for_payloads_is_not_told_to_who_may_not_see_them(root):
    # given an operation over the tasks of a search
    search = search_of("arg.order:7", sees_payload=True)
    operation = begin(wanted=TaskFilter(search=search))

    # then
    assert "arg.order:7" in root.get(page_of(operation)).content.decode()
    client = client_of("jobs.view_task")
    for address in (PAGE, page_of(operation)):
        assert "arg.order" not in client.get(address).content.decode()
        assert "(withheld)" in client.get(address).content.decode()


def test_a_report_is_for_those_who_may_see_tasks(client):
    operation = begin()
    client.force_login(make_staff("jobs.view_rollup", name="eve"))

    assert client.get(page_of(operation)).status_code == 403
    assert client.get(f"{PAGE}{operation.pk}/report.csv").status_code == 403


def test_an_operations_page_costs_few_queries_however_much_it_tells(
    root, django_assert_max_num_queries
):
    many(60, state=State.FAILURE)
    operation = worked(begin(), limit=50)

    with django_assert_max_num_queries(12):
        root.get(page_of(operation))


@pytest.mark.parametrize("word", ["pause", "resume", "cancel"])
def test_the_admins_buttons_want_a_post_the_permission_and_an_operation(root, word):
    operation = begin(Action.DISCARD)
    address = f"{PAGE}{operation.pk}/{word}/"

    assert root.get(address).status_code == 405
    assert client_of("jobs.view_task", "jobs.requeue_task").post(address).status_code == 403
    assert root.post(f"{PAGE}{uuid.uuid4()}/{word}/").status_code == 404
    assert Operation.objects.get().state == "running"

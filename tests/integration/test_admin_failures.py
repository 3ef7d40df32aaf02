"""The failures' pages in the admin."""

import re
import time

import pytest
from django.contrib.auth.models import User

from jobs.domain.fingerprint import LOST, FailureGroup
from jobs.domain.states import Move, State
from jobs.models import Failure, FailureChange, Operation
from tests.support.failures import GROUP, fail, make_failure
from tests.support.hostile import HOSTILE
from tests.support.operations import worked
from tests.support.rows import ago, make_task, reload
from tests.support.staff import client_of, said

pytestmark = pytest.mark.django_db

LIST = "/admin/jobs/failure/"
FP = GROUP.fingerprint
PAGE = f"{LIST}{FP}/change/"
DECIDE = f"{LIST}{FP}/decide/"
VIEW, PAYLOAD, TRIAGE = "jobs.view_task", "jobs.view_payload", "jobs.triage_failures"


def group(number: int) -> FailureGroup:
    return FailureGroup("add", f"shop.Error{number}")


def text_of(client, path: str = LIST, **query: str) -> str:
    response = client.get(path, query)
    assert response.status_code == 200
    return response.content.decode()


def shown(client, **query: str) -> list[str]:
    """The exceptions of the groups that a list shows, in order."""
    return re.findall(r'title="(Error\d)"', text_of(client, **query))


def test_four_thousand_failures_are_a_few_rows(root):
    # given
    fail(count=7)
    fail(group=group(1), count=3, move=Move.RETRY, run_after=time.time() + 60)

    # when
    page = text_of(root)

    # then
    assert page.count('data-column="status"') == 2
    assert 'title="KeyError in shop.orders:charge"' in page
    assert "7 in 24 hours, at most 7 in an hour, 7 in the last" in page
    assert "7 / 7 / 7<svg" in page
    assert f"?dead=open&amp;state=FAILURE&amp;q=failure%3A{FP}" in page
    assert '0<span class="jobs-second">3 retrying</span>' in page


def test_the_open_ones_are_shown_unless_told_otherwise(root):
    statuses = ("new", "regressed", "acknowledged", "muted", "resolved")
    for number, status in enumerate(statuses):
        make_failure(group(number), status=status, last_seen=ago(number))

    assert shown(root) == ["Error0", "Error1", "Error2"]
    assert shown(root, status="muted") == ["Error3"]
    assert shown(root, status="all") == [f"Error{number}" for number in range(5)]
    assert shown(root, status="broken") == ["Error0", "Error1", "Error2"]


def test_the_list_is_narrowed_and_searched(root):
    # given
    ann = User.objects.create_user("ann")
    mine = User.objects.get(username="root")
    make_failure(group(0), assignee=ann, last_release="r1", last_seen=ago(7200))
    make_failure(group(1), assignee=mine, last_release="r2", last_seen=ago(10))
    make_failure(FailureGroup("shop.send", "shop.Error2"), last_seen=ago(90_000))

    # then
    assert shown(root, assignee="me") == ["Error1"]
    assert shown(root, assignee="u:ann") == ["Error0"]
    assert shown(root, assignee="none") == ["Error2"]
    assert shown(root, name="shop.send") == ["Error2"]
    assert shown(root, release="r1") == ["Error0"]
    assert shown(root, seen="1h") == ["Error1"]
    assert shown(root, seen="24h") == ["Error1", "Error0"]
    assert shown(root, q="rror1") == ["Error1"]
    assert "No failure matches these filters." in text_of(root, q="nothing")


def test_the_list_goes_page_by_page(root):
    for number in range(120):
        make_failure(FailureGroup("add", f"shop.E{number}"), last_seen=ago(number))

    pages = [text_of(root)]
    while found := re.search(r'<a href="([^"]+)" rel="next"', pages[-1]):
        pages.append(root.get(LIST + found[1].replace("&amp;", "&")).content.decode())

    names = [re.findall(r'title="(E\d+)"', page) for page in pages]
    assert [len(page) for page in names] == [50, 50, 20]
    assert [name for page in names for name in page] == [f"E{number}" for number in range(120)]


def test_an_empty_inbox_says_so(root):
    assert "Nothing is open" in text_of(root)


@pytest.mark.parametrize("query", [{"after": "x"}, {"after": "9" * 40}])
def test_a_cursor_that_is_none_leads_to_the_first_page(root, query):
    make_failure(group(1))

    assert shown(root, **query) == ["Error1"]


def test_other_look_ups_are_not_answered(root):
    for query in ({"message__startswith": "a"}, {"name": "a\0"}):
        assert root.get(LIST, query).status_code == 400


def test_many_groups_cost_as_many_queries_as_few(root, django_assert_max_num_queries):
    for number in range(60):
        fail(group=group(number))

    with django_assert_max_num_queries(12):
        text_of(root)
    viewer = client_of(VIEW)
    with django_assert_max_num_queries(12):
        text_of(viewer, assignee="none", q="shop")


def test_a_groups_page_costs_as_much_whatever_it_holds(root, django_assert_max_num_queries):
    fail(count=30)

    with django_assert_max_num_queries(12):
        text_of(root, PAGE)


def test_a_group_is_told_whole(root):
    # given
    (task,) = fail(release="r7", error="KeyError: password=hunter2")
    Failure.objects.update(note="See ticket 7")

    # when
    page = text_of(root, PAGE)

    # then
    assert "KeyError in shop.orders:charge" in page
    assert "password=[redacted]" in page
    assert "hunter2" not in page
    assert "Traceback (most recent call last)" in page
    assert f"/admin/jobs/task/{task.pk}/change/" in page
    assert "r7" in page
    assert "See ticket 7" in page
    assert "Requeue 1 dead letter<" in page
    assert "Discard 1 dead letter<" in page
    assert "still tried</a>" not in page


def test_without_its_permissions_a_page_has_neither_payloads_nor_buttons():
    fail(error="KeyError: 4711")
    Failure.objects.update(note="See ticket 7")

    page = text_of(client_of(VIEW), PAGE)

    assert "4711" not in page
    assert "Traceback" not in page
    assert "<form" not in page.partition('id="content-main"')[2].partition("footer")[0]
    assert "/do/" not in page
    assert "See ticket 7" in page


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("acknowledge", "acknowledged"),
        ("mute", "muted"),
        ("resolve", "resolved"),
        ("reopen", "new"),
    ],
)
def test_a_button_decides_with_a_reason(word, status):
    make_failure(status="regressed")
    client = client_of(VIEW, TRIAGE)

    answer = client.post(DECIDE, {"do": word, "reason": "it is known"})

    assert (answer.status_code, answer.url) == (302, PAGE)
    assert status in said(answer)
    assert Failure.objects.get().status == status
    change = FailureChange.objects.get()
    assert (change.change, change.actor, change.reason) == (status, "ada", "it is known")
    page = text_of(client, PAGE)
    assert "it is known" in page
    assert f'value="{word}"' not in page


def test_a_group_is_assigned_and_noted_on(root):
    make_failure()
    User.objects.create_user("ann", is_staff=True)

    root.post(DECIDE, {"do": "assign", "assignee": "ann"})
    root.post(DECIDE, {"do": "note", "note": "See\r\nticket 7"})

    found = Failure.objects.get()
    assert (found.assignee.username, found.note) == ("ann", "See\nticket 7")
    assert '<option value="ann" selected>' in text_of(root, PAGE)
    root.post(DECIDE, {"do": "assign", "assignee": ""})
    assert Failure.objects.get().assignee is None


def test_an_assignee_who_is_not_there_is_refused_in_words(root):
    make_failure()

    answer = root.post(DECIDE, {"do": "assign", "assignee": "eve"})

    assert "'eve'" in said(answer)
    assert not FailureChange.objects.exists()


def test_deciding_wants_a_post_the_permission_a_group_and_a_known_button(root):
    make_failure()

    assert root.get(DECIDE).status_code == 405
    assert client_of(VIEW, PAYLOAD).post(DECIDE, {"do": "mute"}).status_code == 403
    assert root.post(DECIDE, {"do": "explode"}).status_code == 404
    for wrong in ("0" * 16, "x", "a\0"):
        assert root.post(f"{LIST}{wrong}/decide/", {"do": "mute"}).status_code == 404
        assert root.get(f"{LIST}{wrong}/change/").status_code == 404
    assert Failure.objects.get().status == "new"


@pytest.mark.parametrize("path", [LIST, PAGE, f"{LIST}{FP}/do/requeue/"])
def test_a_page_wants_its_permission(path):
    make_failure()

    assert client_of("jobs.requeue_task").get(path).status_code == 403


@pytest.mark.parametrize(
    ("word", "target"), [("requeue", State.PENDING), ("discard", State.FAILURE)]
)
@pytest.mark.django_db(transaction=True)
def test_a_whole_group_is_acted_on_after_a_question(word, target):
    # given
    client = client_of(VIEW, f"jobs.{word}_task")
    tasks, others = fail(count=5), fail(count=2, group=group(1))
    path = f"{LIST}{FP}/do/{word}/"

    # when asked
    question = text_of(client, path)
    assert "<strong>5</strong> of 5 chosen tasks" in question
    assert not Operation.objects.exists()

    # and confirmed
    answer = client.post(path, {"confirmed": word, "reason": "fixed in r8"})

    # then
    assert (answer.status_code, answer.url) == (302, "/admin/jobs/operation/")
    operation = worked(Operation.objects.get(), limit=2)
    assert (operation.done_count, operation.actor, operation.reason) == (5, "ada", "fixed in r8")
    assert {reload(task).state for task in tasks} == {target}
    assert all(reload(task).discarded_at for task in tasks) is (word == "discard")
    assert {reload(task).state for task in others} == {State.FAILURE}


@pytest.mark.django_db(transaction=True)
def test_what_is_still_tried_can_be_cancelled(root):
    dead = fail()
    tried = fail(count=2, move=Move.RETRY, run_after=time.time() + 60)
    path = f"{LIST}{FP}/do/cancel/"

    assert "<strong>2</strong> of 2 chosen tasks" in text_of(root, path)
    root.post(path, {"confirmed": "cancel"})

    worked(Operation.objects.get())
    assert {reload(task).state for task in tried} == {State.REVOKED}
    assert reload(dead[0]).state == State.FAILURE


def test_acting_wants_the_permission_of_its_verb_and_a_known_one(root):
    fail()
    ann = client_of(VIEW, "jobs.requeue_task", TRIAGE)

    for send in (ann.get, ann.post):
        assert send(f"{LIST}{FP}/do/discard/").status_code == 403
        assert send(f"{LIST}{FP}/do/requeue/").status_code == 200
    assert root.get(f"{LIST}{FP}/do/explode/").status_code == 404
    assert not Operation.objects.exists()


def test_dead_letters_name_their_failure(root):
    fail()
    make_task(state=State.FAILURE)

    page = text_of(root, "/admin/jobs/task/", dead="open")

    assert f'<a href="{PAGE}"><bdi' in page
    assert page.count('class="field-failure_group"') == 2
    assert "field-failure_group" not in text_of(root, "/admin/jobs/task/")


def test_a_tasks_page_leads_to_its_failure(root):
    (task,) = fail()

    assert PAGE in text_of(root, f"/admin/jobs/task/{task.pk}/change/")


def test_hostile_text_is_text_wherever_it_stands(root):
    # given
    odd = FailureGroup(HOSTILE, f"shop.{HOSTILE}"[:200], HOSTILE)
    found = make_failure(odd, message=HOSTILE, note="</textarea>", last_release=HOSTILE[-64:])
    FailureChange.objects.create(failure=found, change=HOSTILE, actor=HOSTILE, reason=HOSTILE)

    # when
    pages = [text_of(root), text_of(root, f"{LIST}{found.pk}/change/")]

    # then
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "\u202e" not in re.sub('value="[^"]*"', "", page)
        assert page.count("</textarea>") == page.count("<textarea")


def test_a_group_without_a_place_or_an_attempt_has_a_page(root):
    make_failure(FailureGroup("add", LOST))

    page = text_of(root, f"{LIST}{FailureGroup('add', LOST).fingerprint}/change/")

    assert "Its worker was lost" in page
    assert "No attempt is kept" in page
    assert "No dead letters" in page

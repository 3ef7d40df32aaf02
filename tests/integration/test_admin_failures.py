"""The failures' pages in the admin."""

import re
import time

import pytest
from django.contrib.auth.models import User

from jobs.domain.fingerprint import LOST, FailureGroup
from jobs.domain.states import Move, State
from jobs.models import Failure, FailureChange
from tests.support.failures import GROUP, fail, make_failure
from tests.support.hostile import HOSTILE
from tests.support.rows import ago, make_task
from tests.support.staff import client_of

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

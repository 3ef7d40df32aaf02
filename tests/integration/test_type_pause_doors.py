"""What the API and the admin say of paused task types, and how types are paused there."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from jobs.models import TypePause
from jobs.selectors.pauses import paused_at
from jobs.services.pause import pause_type, resume_type
from tests.support.api import fields_of, problem_of
from tests.support.rows import ago
from tests.support.staff import client_of, said

pytestmark = pytest.mark.django_db

LIST = "/admin/jobs/tasktypes/"
PAGE = f"{LIST}type/send_5Femail/"  # as the admin quotes an underscore


def paused_now() -> set[str]:
    return set(paused_at(timezone.now()).types)


def test_the_api_pauses_and_resumes_a_type(api, root):
    api.client = root

    # when
    answer = api.post("task-types/send_email/pause", {"reason": "the mail server is away"})

    # then
    assert answer.status_code == 200
    assert answer.json()["name"] == "send_email"
    paused = answer.json()["paused"]
    assert (paused["by"], paused["until"]) == ("root", None)
    assert paused["reason"] == "the mail server is away"
    types = api.get("task-types").json()["task_types"]
    assert {each["name"]: each["paused"] for each in types if each["paused"]} == {
        "send_email": paused
    }

    # and back, and back again
    for _ in range(2):
        answer = api.post("task-types/send_email/resume", {"reason": "it is back"})
        assert (answer.status_code, answer.json()["paused"]) == (200, None)
    held = TypePause.objects.get()
    assert (held.ended_by, held.ended_reason) == ("root", "it is back")


def test_a_pause_of_a_type_may_have_an_end(api, root):
    api.client = root

    answer = api.post("task-types/add/pause", {"reason": "lunch", "seconds": 600})

    told = datetime.fromisoformat(answer.json()["paused"]["until"])
    assert abs(told - timezone.now() - timedelta(seconds=600)) < timedelta(seconds=30)


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "reason"), ({"reason": " "}, "reason"), ({"reason": "x", "seconds": 0}, "seconds")],
)
def test_a_pause_that_makes_no_sense_is_refused_by_the_name_of_its_field(api, root, body, field):
    api.client = root

    response = api.post("task-types/add/pause", body)

    assert response.status_code == 400, response.content
    assert fields_of(response.json()) == [field]
    assert not TypePause.objects.exists()


@pytest.mark.parametrize("verb", ["pause", "resume"])
@pytest.mark.parametrize("name", ["nothing", "a%00b"])
def test_a_type_that_does_not_exist_is_404_and_says_which_do(api, root, verb, name):
    api.client = root

    problem = problem_of(api.post(f"task-types/{name}/{verb}", {"reason": "x"}), 404, "not_found")

    assert "use one of add, " in problem["detail"]


def test_the_page_of_a_type_pauses_and_resumes_it_with_a_reason():
    # given
    ann = client_of("jobs.view_task", "jobs.pause_queue", name="ann")
    assert "It was never paused." in ann.get(PAGE).content.decode()

    # when
    answer = ann.post(f"{PAGE}pause/", {"reason": "<i>away", "minutes": "10"}, follow=True)

    # then the page and the list tell it
    assert answer.redirect_chain == [(PAGE, 302)]
    page = answer.content.decode()
    assert "Task type send_email is paused" in page
    assert "paused by ann since" in page
    assert "&lt;i&gt;away" in page
    assert f"{PAGE}resume/" in page
    assert f"{PAGE}pause/" not in page
    assert ann.get(LIST).content.decode().count(">Paused</span>") == 1
    held = TypePause.objects.get()
    assert held.until - held.since > timedelta(minutes=9)

    # and back
    page = ann.post(f"{PAGE}resume/", {"reason": "done"}, follow=True).content.decode()
    assert "Task type send_email is served again" in page
    assert "&lt;i&gt;away" in page  # in the history
    assert paused_now() == set()
    page = ann.post(f"{PAGE}resume/", follow=True).content.decode()
    assert "Task type send_email was not paused" in page
    assert ">Paused</span>" not in ann.get(LIST).content.decode()


@pytest.mark.parametrize(
    ("fields", "word"),
    [({"reason": ""}, "reason"), ({"reason": "x", "minutes": "nan"}, "minutes")],
)
def test_the_admin_says_what_is_wrong_with_a_pause(root, fields, word):
    answer = root.post(f"{PAGE}pause/", fields)

    assert answer.status_code == 302
    assert said(answer).startswith(f"{word} is ")
    assert not TypePause.objects.exists()


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_the_buttons_want_their_permission_a_post_and_a_type(root, verb):
    pause_type(name="send_email", actor="ann", reason="lunch")
    viewer = client_of("jobs.view_task", name="bob")

    assert viewer.post(f"{PAGE}{verb}/", {"reason": "x"}).status_code == 403
    assert root.get(f"{PAGE}{verb}/").status_code == 405
    for name in ("nothing", "a%00b"):
        assert root.post(f"{LIST}type/{name}/{verb}/", {"reason": "x"}).status_code == 404
    page = viewer.get(PAGE).content.decode()
    assert "lunch" in page
    assert f"{PAGE}{verb}/" not in page
    assert paused_now() == {"send_email"}


def test_a_pause_whose_time_is_over_is_history(root):
    TypePause.objects.create(
        name="send_email", actor="ann", reason="x", since=ago(60), until=ago(30)
    )

    page = root.get(PAGE).content.decode()

    assert "by itself" in page
    assert f"{PAGE}pause/" in page


def test_the_page_of_a_paused_type_that_is_gone_lets_it_be_resumed_and_not_paused(root):
    TypePause.objects.create(name="gone", actor="ann", reason="x")

    page = root.get(f"{LIST}type/gone/").content.decode()
    assert f"{LIST}type/gone/resume/" in page

    page = root.post(f"{LIST}type/gone/resume/", follow=True).content.decode()
    assert "Task type gone is served again" in page
    assert f"{LIST}type/gone/pause/" not in page
    assert root.post(f"{LIST}type/gone/pause/", {"reason": "x"}).status_code == 404


def test_the_pages_cost_at_most_twelve_queries(django_assert_max_num_queries):
    client = client_of("jobs.view_task", "jobs.submit_task", "jobs.pause_queue")
    for _ in range(30):
        pause_type(name="send_email", actor="ann", reason="x")
        resume_type(name="send_email", actor="ann")
    pause_type(name="send_email", actor="ann", reason="x")

    for url in (LIST, PAGE):
        with django_assert_max_num_queries(12):
            client.get(url)

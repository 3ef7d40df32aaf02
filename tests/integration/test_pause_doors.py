"""What every door says of a paused queue, and by which doors queues are paused."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from jobs.models import QueuePause, WorkerLease
from jobs.selectors.findings import Level
from jobs.selectors.health import diagnose
from jobs.selectors.pauses import paused_at
from jobs.services.pause import pause
from tests.support.api import fields_of, problem_of
from tests.support.rows import ago, make_task
from tests.support.staff import client_of, said

pytestmark = pytest.mark.django_db

SOON = timedelta(minutes=10)
PAGE = "/admin/jobs/queuepause/"


def paused_now() -> set[str]:
    return set(paused_at(timezone.now()).queues)


def test_the_api_pauses_and_resumes_a_queue(api, root):
    api.client = root

    # when
    answer = api.post("queues/low/pause", {"reason": "the printer burns"})

    # then
    assert answer.status_code == 200
    paused = answer.json()["paused"]
    assert (paused["by"], paused["reason"], paused["until"]) == ("root", "the printer burns", None)
    assert api.get("queues/low").json()["paused"] == paused
    (low,) = [each for each in api.get("queues").json()["queues"] if each["name"] == "low"]
    assert low["paused"] == paused
    assert api.get("queues/high").json()["paused"] is None

    # and again, and back, and back again
    assert api.post("queues/low/pause", {"reason": "the printer burns"}).json()["paused"] == paused
    for _ in range(2):
        answer = api.post("queues/low/resume")
        assert (answer.status_code, answer.json()["paused"]) == (200, None)
    assert QueuePause.objects.get().ended_by == "root"


@pytest.mark.parametrize("end", [{"seconds": 600}, {"until": "UNTIL"}])
def test_a_pause_may_have_an_end(api, root, end):
    api.client = root
    until = (timezone.now() + SOON).isoformat()

    answer = api.post(
        "queues/low/pause",
        {"reason": "lunch"} | {field: until if given == "UNTIL" else given
                               for field, given in end.items()},
    )  # fmt: skip

    told = datetime.fromisoformat(answer.json()["paused"]["until"])
    assert abs(told - datetime.fromisoformat(until)) < timedelta(seconds=30)


BAD = {
    "no reason": ({}, "reason"),
    "an empty reason": ({"reason": ""}, "reason"),
    "a blank reason": ({"reason": " "}, "reason"),
    "a reason that is no text": ({"reason": 7}, "reason"),
    "a reason of a book": ({"reason": "x" * 1001}, "reason"),
    "a NUL": ({"reason": "a\0b"}, "reason"),
    "an end in the past": ({"reason": "x", "until": "2020-01-01T00:00:00Z"}, "until"),
    "an end without a zone": ({"reason": "x", "until": "2090-01-01T00:00:00"}, "until"),
    "two ends": ({"reason": "x", "until": "2090-01-01T00:00:00Z", "seconds": 1}, "seconds"),
    "no seconds": ({"reason": "x", "seconds": 0}, "seconds"),
    "seconds in words": ({"reason": "x", "seconds": "60"}, "seconds"),
    "endless seconds": ({"reason": "x", "seconds": 1e300}, "seconds"),
    "an unknown field": ({"reason": "x", "for": "ever"}, "for"),
}


@pytest.mark.parametrize(("body", "field"), BAD.values(), ids=BAD)
def test_a_pause_that_makes_no_sense_is_refused_by_the_name_of_its_field(api, root, body, field):
    api.client = root

    response = api.post("queues/low/pause", body)

    assert response.status_code == 400, response.content
    assert fields_of(response.json()) == [field]
    assert not QueuePause.objects.exists()


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_a_queue_that_does_not_exist_is_404_and_says_which_do(api, root, verb):
    api.client = root

    problem = problem_of(api.post(f"queues/urgent/{verb}", {"reason": "x"}), 404, "not_found")

    assert "high, default, low" in problem["detail"]


def test_the_doctor_tells_of_a_pause_and_not_of_its_waits():
    make_task(queue="low", run_after=ago(3600))
    WorkerLease.objects.create(name="w1", host="h1", pid=7, queues=["high", "default", "low"])
    pause(queue="low", actor="ann", reason="the printer burns")

    (finding,) = [each for each in diagnose().findings if "Queue low" in each.message]

    assert finding.level is Level.WARNING
    assert "paused by ann since" in finding.message
    assert "the printer burns" in finding.message


def test_the_dashboard_says_who_paused_a_queue_and_why(client):
    make_task(queue="low", run_after=ago(3600))
    pause(queue="low", actor="ann", reason="<b>burns</b>", until=timezone.now() + SOON)

    page = client.get("/").content.decode()

    assert "The low queue is paused by ann: &lt;b&gt;burns&lt;/b&gt;" in page
    assert "The low queue falls behind" not in page
    row = page.partition('data-queue-row="low"')[2].partition("</th>")[0]
    assert "data-paused>" in row
    assert "&lt;b&gt;burns&lt;/b&gt;" in row
    assert "in 9 min" in row
    assert client.get("/live.json").json()["stats"]["queues"]["low"]["paused"]["by"] == "ann"


def test_the_admin_pauses_and_resumes_with_a_reason():
    # given
    ann = client_of("jobs.view_task", "jobs.pause_queue", name="ann")
    assert "No queue was ever paused" in ann.get(PAGE).content.decode()

    # when
    answer = ann.post(f"{PAGE}low/pause/", {"reason": "<i>", "minutes": "10"}, follow=True)

    # then
    page = answer.content.decode()
    assert "Queue low is paused" in page
    assert "paused by ann since" in page
    assert "<i>" not in page
    held = QueuePause.objects.get()
    assert held.until - held.since > timedelta(minutes=9)

    # and back
    page = ann.post(f"{PAGE}low/resume/", {"reason": "done"}, follow=True).content.decode()
    assert "Queue low is served again" in page
    assert "done" in page
    assert paused_now() == set()
    page = ann.post(f"{PAGE}low/resume/", follow=True).content.decode()
    assert "Queue low was not paused" in page


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "x", "minutes": "soon"}, "minutes"),
        ({"reason": "x", "minutes": "-1"}, "minutes"),
        ({"reason": "x", "minutes": "nan"}, "minutes"),
        ({"reason": "x", "minutes": "1e9"}, "minutes"),
    ],
)
def test_the_admin_says_what_is_wrong_with_a_pause(root, fields, word):
    answer = root.post(f"{PAGE}low/pause/", fields)

    assert answer.status_code == 302
    assert said(answer).startswith(f"{word} is ")
    assert not QueuePause.objects.exists()


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_the_admins_buttons_want_their_permission_a_post_and_a_queue(root, verb):
    pause(queue="low", actor="ann", reason="lunch")
    viewer = client_of("jobs.view_task", name="bob")

    assert viewer.post(f"{PAGE}low/{verb}/", {"reason": "x"}).status_code == 403
    assert root.get(f"{PAGE}low/{verb}/").status_code == 405
    assert root.post(f"{PAGE}urgent/{verb}/", {"reason": "x"}).status_code == 404
    page = viewer.get(PAGE).content.decode()
    assert "lunch" in page
    assert f"/{verb}/" not in page
    assert client_of(name="eve").get(PAGE).status_code == 403
    assert paused_now() == {"low"}


def test_nobody_edits_or_deletes_the_history(root):
    held = pause(queue="low", actor="ann", reason="lunch")

    assert root.get(f"{PAGE}add/").status_code == 403
    assert root.get(f"{PAGE}{held.pk}/delete/").status_code == 403
    assert root.post(f"{PAGE}{held.pk}/change/", {"reason": "x"}).status_code == 403
    assert QueuePause.objects.get().reason == "lunch"

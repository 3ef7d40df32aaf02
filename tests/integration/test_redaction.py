"""Secrets stay in their rows: no door shows them, also not to those who may see payloads."""

import re
from pathlib import Path

import orjson
import pytest
from django.conf import settings as site
from django.contrib.messages import get_messages

from jobs.domain.registry import registry
from jobs.domain.states import State
from jobs.models import Task
from jobs.services.enqueue import enqueue
from tests.support.rows import exchanged, make_task, reload

pytestmark = pytest.mark.django_db

SECRET = "hunter2"
WORDS = f"login failed: password={SECRET}, to=ada"


@pytest.fixture
def full():
    """A task that is full of secrets, each beside something harmless."""
    task = make_task(
        state=State.FAILURE,
        args=[{"apiKey": SECRET, "host": "harmless"}],
        kwargs={"to": "harmless", "login": {"db_password": SECRET, "TOKENS": [SECRET]}},
        result={"access_token": SECRET, "size": "harmless"},
        error=WORDS,
        progress={"current": 1, "total": 2, "percent": 50.0, "message": WORDS, "secret": SECRET},
        attempt_count=1,
    )
    task.attempts.create(
        number=1,
        fence=1,
        finished_at=task.created_at,
        outcome="failed",
        error=WORDS,
        traceback=WORDS,
        log=WORDS,
    )
    return task


def doors(task):
    return {
        "the API's task": f"/api/tasks/{task.pk}",
        "the API's list": "/api/tasks",
        "the API's dead letters": "/api/dead-letter",
        "the API's explanation": f"/api/tasks/{task.pk}/explain",
        "the admin's list": "/admin/jobs/task/",
        "the admin's live rows": f"/admin/jobs/task/live/?shown={task.pk}",
        "the admin's task": f"/admin/jobs/task/{task.pk}/change/",
        "the dashboard": "/",
        "the dashboard's rows": "/rows/",
        "the dashboard's live numbers": "/live.json",
        "the dashboard's task": f"/tasks/{task.pk}/",
    }


@pytest.mark.parametrize("state", [State.FAILURE, State.SUCCESS, State.STARTED, State.RETRY])
def test_no_door_shows_a_secret(root, full, state):
    Task.objects.update(state=state)

    for door, address in doors(full).items():
        page = root.get(address)
        assert page.status_code == 200, door
        assert SECRET not in page.content.decode(), door


def test_what_stands_beside_a_secret_is_shown(root, full):
    shown = root.get(f"/api/tasks/{full.pk}").json()

    assert shown["args"] == [{"apiKey": "[redacted]", "host": "harmless"}]
    assert shown["kwargs"] == {
        "to": "harmless",
        "login": {"db_password": "[redacted]", "TOKENS": "[redacted]"},
    }
    assert shown["result"] == {"access_token": "[redacted]", "size": "harmless"}
    assert shown["progress"]["percent"] == 50.0
    (attempt,) = shown["attempts"]
    said = "login failed: password=[redacted], to=ada"
    told = (shown["error"], shown["traceback"], attempt["error"], attempt["log"])
    assert told == (said,) * 4
    for door in ("the admin's task", "the dashboard's task", "the admin's list"):
        page = root.get(doors(full)[door]).content.decode()
        assert "harmless" in page, door
        assert "[redacted]" in page, door


def test_a_secret_that_is_cut_off_in_a_list_is_not_shown(root):
    make_task(kwargs={"a": "x" * 150, "password": "long and with blanks " * 50})

    page = root.get("/admin/jobs/task/").content.decode()

    assert "long and" not in page


def test_the_row_stays_whole_and_the_task_gets_the_real_value(full):
    task = enqueue(task_type=registry.get("process"), kwargs={"data": {"password": SECRET}})

    (claim,) = exchanged([], task, name="process").claims

    assert orjson.loads(claim.kwargs) == {"data": {"password": SECRET}}
    assert reload(full).result["access_token"] == SECRET
    assert reload(full).error == WORDS


def test_the_names_of_secrets_are_a_setting(api, settings):
    settings.JOBS = settings.JOBS | {"REDACTED_KEYS": ["pin"]}
    task = make_task(kwargs={"pin": 1234, "password": "told"})

    assert api.get(f"tasks/{task.pk}").json()["kwargs"] == {"pin": "[redacted]", "password": "told"}


def test_what_an_operator_is_told_after_a_verb_holds_no_secret(root, full):
    done = root.post(f"/tasks/{full.pk}/requeue/")

    assert SECRET not in " ".join(str(message) for message in get_messages(done.wsgi_request))


def test_no_template_prints_a_row_as_it_is():
    raw = re.compile(r"\{[{%][^}]*\b(?:task|original|row)\.(?:args|kwargs|result|error|progress)\b")
    pages = [
        path for app in ("jobs", "dashboard") for path in Path(site.BASE_DIR, app).rglob("*.html")
    ]
    assert len(pages) > 20

    assert [path.name for path in pages if raw.search(path.read_text())] == []

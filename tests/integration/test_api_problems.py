"""Errors are problem documents, whatever goes wrong."""

import pytest
from django.urls import include, path
from rest_framework.request import Request

from jobs.api.views import ApiView
from jobs.domain.states import State
from jobs.models import Task
from tests.support.api import EMAIL, problem_of
from tests.support.rows import make_task

pytestmark = pytest.mark.django_db(transaction=True)


class Broken(ApiView):
    """A call with a fault that nobody foresaw."""

    def get(self, request: Request) -> None:
        raise LookupError("secret")


urlpatterns = [path("api/broken", Broken.as_view()), path("api/", include("jobs.api.urls"))]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("GET", "nothing"),
        ("POST", "nothing/at/all"),
        ("PUT", "tasks/submit/more"),
        ("OPTIONS", "nothing"),
        ("GET", "nothing.html"),
    ],
)
def test_an_unknown_address_is_404(api, method, path):
    problem_of(api.send(method, path, HTTP_ACCEPT="text/html"), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "tasks/submit", "POST"),
        ("PUT", "tasks", "GET, POST"),
        ("DELETE", "tasks", "GET, POST"),
        ("OPTIONS", "tasks", "GET, POST"),
        ("GET", "tasks/019aa4c6-8b0e-7c3e-9c1f-0123456789ab/cancel", "POST, DELETE"),
        ("POST", "workers/stats", "GET"),
    ],
)
def test_a_wrong_method_is_405_and_says_which_are_right(api, method, path, allowed):
    response = api.send(method, path)

    problem_of(response, 405, "method_not_allowed")
    assert set(response.headers["Allow"].split(", ")) - {"HEAD", "OPTIONS"} == set(
        allowed.split(", ")
    )


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "*/*", ""])
def test_answers_are_json_whatever_the_caller_accepts(api, accept):
    response = api.send("GET", "tasks", HTTP_ACCEPT=accept)

    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"


@pytest.mark.urls(__name__)
def test_an_unforeseen_error_is_a_500_that_tells_nothing_and_is_logged(api, caplog):
    # given
    api.client.raise_request_exception = False

    # when
    response = api.get("broken")

    # then
    problem_of(response, 500, "internal_error")
    assert b"secret" not in response.content
    assert "LookupError: secret" in caplog.text


@pytest.mark.usefixtures("no_database")
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "tasks/submit", b'{"name": "add", "args": [1, 2]}'),
        ("POST", "tasks/bulk", b'{"tasks": [{"name": "add", "args": [1, 2]}]}'),
        ("GET", "tasks", b""),
        ("GET", "tasks/019aa4c6-8b0e-7c3e-9c1f-0123456789ab", b""),
        ("POST", "tasks/019aa4c6-8b0e-7c3e-9c1f-0123456789ab/cancel", b""),
        ("GET", "workers/stats", b""),
    ],
)
def test_without_the_database_callers_are_told_to_come_back(api, method, path, body):
    response = api.send(method, path, body)

    problem_of(response, 503, "database_unavailable")
    assert int(response.headers["Retry-After"]) > 0


@pytest.mark.usefixtures("no_redis")
def test_without_redis_tasks_are_accepted_and_safe(api):
    response = api.post("tasks/submit", {"task_type": "send_email", "payload": EMAIL})

    assert response.status_code == 202
    assert Task.objects.get().state == State.PENDING


@pytest.mark.usefixtures("no_redis")
def test_without_redis_an_explanation_says_so(api):
    task = make_task()

    codes = [reason["code"] for reason in api.get(f"tasks/{task.pk}/explain").json()]

    assert "redis_away" in codes


@pytest.mark.usefixtures("no_redis")
def test_without_redis_tasks_are_cancelled_and_requeued(api):
    task = make_task()

    assert api.delete(f"tasks/{task.pk}/cancel").status_code == 200
    assert api.post(f"tasks/{task.pk}/requeue").status_code == 202


def test_a_host_that_this_site_does_not_have_is_a_problem_too(api):
    problem_of(api.send("GET", "tasks", HTTP_HOST="evil.example"), 400, "bad_request")

"""Nobody takes the API for themselves alone."""

import pytest
from django.test import Client

from jobs.broker.throttle import seconds_to_wait
from jobs.domain.rates import Rate, rate_of
from tests.support.api import Caller, problem_of
from tests.support.authority import bearer, make_token, make_user

pytestmark = pytest.mark.django_db

ADD = {"name": "add", "args": [1, 2]}


@pytest.fixture
def scarce(settings, redis):
    """One call of each kind per minute, counted from nothing."""
    settings.JOBS = settings.JOBS | {
        f"THROTTLE_{scope}": "1/minute" for scope in ("SUBMIT", "READ", "ACT")
    }


@pytest.fixture
def user():
    return make_user("view_task", "submit_task", "requeue_task", "cancel_task")


CALLS = {
    "submit": ("POST", "tasks", 202),
    "read": ("GET", "tasks", 200),
    "act": ("POST", "tasks/019aa4c6-8b0e-7c3e-9c1f-0123456789ab/requeue", 404),
}


def send(caller, kind):
    method, path, _ = CALLS[kind]
    body = b'{"name": "add", "args": [1, 2]}' if kind == "submit" else b""
    return caller.send(method, path, body)


@pytest.mark.usefixtures("scarce")
@pytest.mark.parametrize("kind", CALLS)
def test_a_call_beyond_the_rate_is_429_and_says_when_to_try_again(user, kind):
    program = bearer(make_token(user))

    # given a minute that has begun lately, so that both calls lie in it
    answers = [send(program, kind) for _ in range(3)]

    refused = [answer for answer in answers if answer.status_code == 429]
    assert answers[0].status_code == CALLS[kind][2]
    assert refused
    told = problem_of(refused[-1], 429, "throttled")
    seconds = int(refused[-1].headers["Retry-After"])
    assert 1 <= seconds <= 60
    assert told["detail"] == f"Too many calls of this kind: try again in {seconds} s."


@pytest.mark.usefixtures("scarce")
def test_each_kind_of_call_is_counted_apart(user):
    program = bearer(make_token(user))

    assert [send(program, kind).status_code for kind in CALLS] == [202, 200, 404]


@pytest.mark.usefixtures("scarce")
def test_each_caller_is_counted_apart(user):
    # given two tokens of one user, its session, and strangers on two addresses of this machine
    session = Caller(Client())
    session.client.force_login(user)
    everybody = [
        bearer(make_token(user)),
        bearer(make_token(user)),
        session,
        Caller(Client()),
        Caller(Client(REMOTE_ADDR="127.0.0.2")),
    ]

    assert [caller.get("tasks").status_code for caller in everybody] == [200] * 5


@pytest.mark.usefixtures("redis")
def test_an_empty_rate_is_no_limit(settings, api):
    settings.JOBS = settings.JOBS | {"THROTTLE_READ": ""}

    assert {api.get("tasks").status_code for _ in range(5)} == {200}


@pytest.mark.usefixtures("scarce", "no_redis")
def test_while_redis_is_away_everything_is_allowed(api):
    assert {api.get("tasks").status_code for _ in range(3)} == {200}


@pytest.mark.usefixtures("scarce")
def test_who_is_refused_anyway_is_not_counted(user, client):
    token = make_token(user)
    for _ in range(3):
        assert bearer("tq_unknown").get("tasks").status_code == 401
        assert bearer(token).delete("dead-letter/x").status_code == 403

    assert bearer(token).get("tasks").status_code == 200


@pytest.mark.usefixtures("redis")
def test_a_window_ends_and_the_next_one_begins_anew():
    rate = Rate(count=2, window_seconds=60)

    waits = [seconds_to_wait("x", rate, now=now) for now in (600.0, 601.0, 602.0, 659.5, 660.0)]

    assert waits == [0, 0, 58.0, 0.5, 0]


def test_what_is_counted_leaves_nothing_behind(redis):
    seconds_to_wait("x", Rate(count=1, window_seconds=60), now=600.0)

    (key,) = redis.keys("taskqueue:throttle:*")
    assert 60 < redis.ttl(key) <= 120


@pytest.mark.parametrize(
    ("text", "rate"),
    [("100/second", Rate(100, 1)), ("6000/minute", Rate(6000, 60)), ("", None)],
)
def test_a_rate_is_a_number_per_second_or_minute(text, rate):
    assert rate_of(text) == rate

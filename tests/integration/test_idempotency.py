"""A request that is sent again is answered again, and writes once."""

from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from django.utils import timezone

from jobs.maintenance.forget import CHUNK, forget_keys
from jobs.models import IdempotencyKey, Task
from tests.support.api import Caller, fields_of, problem_of
from tests.support.at_once import at_once
from tests.support.rows import ago

pytestmark = pytest.mark.django_db(transaction=True)

ADD = {"task_type": "add", "payload": {"x": 1, "y": 2}}
ROUNDS = 8


@pytest.mark.parametrize("path", ["tasks", "tasks/submit"])
def test_the_same_key_and_body_are_answered_with_the_same_task(api, path):
    first = api.post(path, ADD, HTTP_IDEMPOTENCY_KEY="k1")
    again = api.post(path, ADD, HTTP_IDEMPOTENCY_KEY="k1")

    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json() == again.json()
    assert str(Task.objects.get().pk) == first.json()["task_id"]


def test_the_same_bulk_is_answered_with_the_same_tasks_in_the_same_order(api):
    body = {"tasks": [ADD] * 30}

    first = api.post("tasks/bulk", body, HTTP_IDEMPOTENCY_KEY="k1").json()
    again = api.post("tasks/bulk", body, HTTP_IDEMPOTENCY_KEY="k1").json()

    assert first == again
    assert len(first["task_ids"]) == Task.objects.count() == 30


def test_a_body_that_means_the_same_is_the_same(api):
    first = api.send("POST", "tasks", b'{"name":"add","args":[1,2]}', HTTP_IDEMPOTENCY_KEY="k1")
    again = api.send(
        "POST", "tasks", b'{ "args": [1, 2], "name": "add" }', HTTP_IDEMPOTENCY_KEY="k1"
    )

    assert first.json() == again.json()
    assert Task.objects.count() == 1


@pytest.mark.parametrize("path", ["tasks", "tasks/submit", "tasks/bulk"])
def test_the_same_key_with_another_body_is_a_conflict_and_writes_nothing(api, path):
    api.post("tasks", ADD, HTTP_IDEMPOTENCY_KEY="k1")
    other = {"tasks": [ADD]} if path == "tasks/bulk" else ADD | {"max_retries": 0}

    response = api.post(path, other, HTTP_IDEMPOTENCY_KEY="k1")

    problem = problem_of(response, 409, "idempotency_key_reused")
    assert "'k1'" in problem["detail"]
    assert Task.objects.count() == 1


def test_another_key_is_another_task(api):
    api.post("tasks", ADD, HTTP_IDEMPOTENCY_KEY="k1")
    api.post("tasks", ADD, HTTP_IDEMPOTENCY_KEY="k2")

    assert Task.objects.count() == 2


def test_each_caller_has_keys_of_its_own(api):
    # given a second caller with an account
    other = Client()
    other.force_login(User.objects.create_superuser("ann"))

    # when both use one key, for different tasks
    api.post("tasks", ADD, HTTP_IDEMPOTENCY_KEY="k1")
    response = Caller(other).post("tasks", ADD | {"max_retries": 0}, HTTP_IDEMPOTENCY_KEY="k1")

    # then neither notices
    assert response.status_code == 202
    assert Task.objects.count() == 2


def test_two_requests_at_once_write_one_task(api):
    for number in range(ROUNDS):
        post = partial(Caller(Client()).post, "tasks", ADD, HTTP_IDEMPOTENCY_KEY=f"k{number}")

        answers = at_once(post, post, post)

        assert [answer.status_code for answer in answers] == [202] * 3, answers
        assert len({answer.json()["task_id"] for answer in answers}) == 1
        assert Task.objects.count() == number + 1


def test_a_refused_request_leaves_its_key_free(api):
    refused = api.post("tasks", ADD | {"max_retries": -1}, HTTP_IDEMPOTENCY_KEY="k1")
    assert refused.status_code == 400
    assert not IdempotencyKey.objects.exists()

    assert api.post("tasks", ADD, HTTP_IDEMPOTENCY_KEY="k1").status_code == 202


def test_the_doorbell_rings_once(api, redis):
    for _ in range(3):
        api.post("tasks", ADD, HTTP_IDEMPOTENCY_KEY="k1")

    assert redis.llen("rq:queue:default") == 1


def test_the_key_and_the_task_are_committed_together(api):
    # when the transaction around the call is undone
    with transaction.atomic():
        api.post("tasks", ADD, HTTP_IDEMPOTENCY_KEY="k1")
        transaction.set_rollback(True)

    # then there is neither
    assert not IdempotencyKey.objects.exists()
    assert not Task.objects.exists()


@pytest.mark.parametrize("key", ["", "k" * 256, "a\tb", "a\x7fb"])
@pytest.mark.parametrize(("path", "body"), [("tasks", ADD), ("tasks/bulk", {"tasks": [ADD]})])
def test_a_key_has_1_to_255_printable_characters(api, path, body, key):
    response = api.post(path, body, HTTP_IDEMPOTENCY_KEY=key)

    problem = problem_of(response, 400, "invalid_input")
    assert fields_of(problem) == ["Idempotency-Key"]
    assert "1 to 255 printable characters" in problem["detail"]
    assert not Task.objects.exists()


def test_the_longest_key_is_kept_whole(api):
    keys = ["k" * 255, "k" * 254 + "é"]

    for key in keys:
        assert api.post("tasks", ADD, HTTP_IDEMPOTENCY_KEY=key).status_code == 202

    assert set(IdempotencyKey.objects.values_list("key", flat=True)) == set(keys)


def test_keys_are_forgotten_after_their_time_and_not_before(api):
    # given one key of yesterday and one of today
    for key in ("old", "new"):
        api.post("tasks", ADD, HTTP_IDEMPOTENCY_KEY=key)
    yesterday = timezone.now() - timedelta(hours=24, seconds=1)
    IdempotencyKey.objects.filter(key="old").update(created_at=yesterday)

    # when maintenance forgets
    assert forget_keys() == 1

    # then the old one is as if it had never been used
    assert IdempotencyKey.objects.get().key == "new"
    response = api.post("tasks", ADD | {"max_retries": 0}, HTTP_IDEMPOTENCY_KEY="old")
    assert response.status_code == 202


def test_how_long_keys_are_kept_is_a_setting(api, settings):
    settings.JOBS = settings.JOBS | {"IDEMPOTENCY_SECONDS": 60}
    api.post("tasks", ADD, HTTP_IDEMPOTENCY_KEY="k1")
    IdempotencyKey.objects.update(created_at=ago(59))
    assert forget_keys() == 0

    IdempotencyKey.objects.update(created_at=ago(61))
    assert forget_keys() == 1


def test_many_old_keys_go_in_pieces():
    count = CHUNK + 1
    IdempotencyKey.objects.bulk_create(
        [
            IdempotencyKey(caller="ann", key=str(n), fingerprint="", created_at=ago(90_000))
            for n in range(count)
        ]
    )

    assert forget_keys() == count

    assert not IdempotencyKey.objects.exists()

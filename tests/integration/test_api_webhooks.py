"""Webhooks over the API."""

import logging

import pytest
from django.views.debug import ExceptionReporter

from jobs.models import Webhook, WebhookDelivery
from jobs.services.webhooks import disable, subscribe
from tests.support.api import fields_of, problem_of
from tests.support.authority import bearer, make_token, make_user
from tests.support.webhooks import URL, deliver, end, make_webhook, verified

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_webhooks")]


@pytest.fixture
def user():
    return make_user("view_task", "view_payload", "manage_webhooks")


@pytest.fixture
def program(user):
    return bearer(make_token(user))


def test_a_webhook_is_made_shown_changed_and_removed(program, user):
    # given
    made = program.post(
        "webhooks",
        {
            "url": URL,
            "states": ["FAILURE"],
            "task_types": ["add"],
            "tags": ["a"],
            "description": "d",
        },
    )
    assert made.status_code == 201
    webhook = made.json()
    assert (webhook["url"], webhook["states"], webhook["task_types"]) == (URL, ["FAILURE"], ["add"])
    assert (webhook["owner"], webhook["enabled"]) == ("ada", True)

    # when it is changed, only what is given changes
    address = f"webhooks/{webhook['webhook_id']}"
    changed = program.send("PATCH", address, b'{"states": ["SUCCESS"], "tags": []}')
    assert changed.status_code == 200
    assert (changed.json()["states"], changed.json()["tags"]) == (["SUCCESS"], [])
    assert changed.json()["task_types"] == ["add"]
    assert program.get(address).json() == changed.json()
    assert program.get("webhooks").json() == {"count": 1, "webhooks": [changed.json()]}

    # then it can be put to sleep and woken
    asleep = program.send("PATCH", address, b'{"enabled": false, "reason": "moving"}').json()
    assert (asleep["enabled"], asleep["disabled_reason"]) == (False, "moving")
    awake = program.send("PATCH", address, b'{"enabled": true}').json()
    assert (awake["enabled"], awake["disabled_reason"], awake["disabled_at"]) == (True, "", None)

    # and removed
    assert program.delete(address).json()["status"] == "removed"
    problem_of(program.get(address), 404, "webhook_not_found")
    problem_of(program.delete(address), 404, "webhook_not_found")


def test_without_states_every_end_is_told(program):
    webhook = program.post("webhooks", {"url": URL}).json()

    assert webhook["states"] == ["FAILURE", "REVOKED", "SUCCESS"]


@pytest.mark.parametrize(
    ("body", "field", "words"),
    [
        ({}, "url", "is missing"),
        ({"url": "ftp://example.com"}, "url", "begins with http"),
        ({"url": "http://127.0.0.1/"}, "url", "127.0.0.1: loopback"),
        ({"url": URL, "states": []}, "states", "at least 1 item"),
        ({"url": URL, "states": ["STARTED"]}, "states.0", "'FAILURE', 'REVOKED' or 'RETRY'"),
        ({"url": URL, "task_types": ["jobs.deliver_webhooks"]}, "task_types", "which delivers"),
        ({"url": URL, "tags": [" a"]}, "tags", "printable"),
        ({"url": URL, "description": "a\nb"}, "description", "printable"),
        ({"url": URL, "description": "a" * 201}, "description", "at most 200"),
        ({"url": URL, "with_payload": "yes"}, "with_payload", "boolean"),
        ({"url": URL, "secret": "mine"}, "secret", "is not known here"),
        ({"url": f"{URL}\0"}, "url", "NUL"),
    ],
)
def test_what_is_wrong_is_named(program, body, field, words):
    problem = program.post("webhooks", body).json()

    assert problem["status"] == 400
    assert fields_of(problem) == [field]
    assert words in problem["errors"][0]["message"]
    assert not Webhook.objects.exists()


def test_a_type_that_there_is_not_is_refused(program):
    problem_of(
        program.post("webhooks", {"url": URL, "task_types": ["nothing"]}), 400, "unknown_task_type"
    )


def test_the_secret_is_told_once_and_signs(program, jobs, receiver):
    # given a receiver that was told the secret
    made = program.post("webhooks", {"url": receiver.url}).json()
    webhook = Webhook.objects.get()
    end()
    assert deliver(webhook) == [True]
    assert verified(receiver.received[0], made["secret"])

    # when it is rotated
    address = f"webhooks/{webhook.pk}"
    rotated = program.post(f"{address}/rotate", {"overlap_seconds": 60}).json()
    assert rotated["previous_secret_until"] is not None
    webhook.refresh_from_db()
    end()
    deliver(webhook)
    assert verified(receiver.received[1], made["secret"])
    assert verified(receiver.received[1], rotated["secret"])

    # then no other answer has either
    told = [program.get(path).content for path in ("webhooks", address, f"{address}/deliveries")]
    told.append(program.send("PATCH", address, b'{"description": "d"}').content)
    told += [received.body for received in receiver.received]
    for secret in (made["secret"], rotated["secret"]):
        assert not any(secret.encode() in text for text in told)
        assert not any(secret[6:].encode() in text for text in told)
    for seed in (webhook.seed, webhook.previous_seed):
        assert not any(seed.encode() in text for text in told)


def test_no_secret_is_kept_logged_or_reported(program, jobs, receiver, caplog, rf):
    # given deliveries that fail in every way
    caplog.set_level(logging.DEBUG)
    made = subscribe(url=receiver.url, owner=None)
    receiver.script += [500, lambda handler: handler.wfile.write(b"junk\r\n")]
    end()
    deliver(made.row)
    made.row.refresh_from_db()
    end()
    WebhookDelivery.objects.filter(state="waiting").update(facts="broken")
    deliver(made.row, most=1)

    # then
    kept = repr(list(Webhook.objects.values())) + repr(list(WebhookDelivery.objects.values()))
    logged = caplog.text + "".join(repr(vars(record)) for record in caplog.records)
    assert "cannot be sent" in caplog.text
    for text in (kept, logged):
        assert made.plain not in text
        assert made.plain[6:] not in text
    assert made.row.seed not in logged

    # nor does a page of errors tell it
    with pytest.raises(RuntimeError) as failed:
        _broken(made)
    report = ExceptionReporter(rf.get("/"), failed.type, failed.value, failed.tb)
    assert made.plain not in report.get_traceback_text()


def _broken(made):
    raise RuntimeError("nobody foresaw this")


def test_the_log_is_read_page_by_page(program):
    # given
    webhook = make_webhook()
    tasks = [str(end().pk) for _ in range(5)]

    # when
    seen, address = [], f"webhooks/{webhook.pk}/deliveries?limit=2"
    while address:
        page = program.get(address.removeprefix("/api/")).json()
        seen += [delivery["task_id"] for delivery in page["deliveries"]]
        address = page["next"]

    # then
    assert seen == tasks[::-1]


def test_a_message_is_sent_again_by_hand(program, jobs, receiver):
    # given
    jobs(webhooks_max_retries=0)
    webhook = make_webhook(receiver.url)
    end()
    receiver.script += [500]
    assert deliver(webhook) == [False]
    (line,) = program.get(f"webhooks/{webhook.pk}/deliveries").json()["deliveries"]
    assert (line["state"], line["status_code"], line["attempts"]) == ("failed", 500, 1)
    assert line["error"] == "it answered 500 Internal Server Error"

    # when
    address = f"webhooks/{webhook.pk}/deliveries/{line['delivery_id']}/resend"
    again = program.post(address)

    # then
    assert (again.status_code, again.json()["state"]) == (202, "waiting")
    assert deliver(webhook) == [True]
    (line,) = program.get(f"webhooks/{webhook.pk}/deliveries").json()["deliveries"]
    assert (line["state"], line["status_code"], line["due_at"]) == ("delivered", 204, None)


def test_a_test_message_is_sent(program, jobs, receiver):
    webhook = make_webhook(receiver.url)

    sent = program.post(f"webhooks/{webhook.pk}/test")

    assert (sent.status_code, sent.json()["type"]) == (202, "webhook.test")
    assert deliver(webhook) == [True]
    assert receiver.received[0].message["id"] == sent.json()["event_id"]


def test_to_a_disabled_webhook_nothing_is_sent_by_hand(program):
    webhook = make_webhook()
    end()
    disable(webhook_id=webhook.pk, reason="moving")
    delivery = WebhookDelivery.objects.get()

    problem_of(program.post(f"webhooks/{webhook.pk}/test"), 409, "webhook_disabled")
    resend = f"webhooks/{webhook.pk}/deliveries/{delivery.pk}/resend"
    problem_of(program.post(resend), 409, "webhook_disabled")


def test_a_message_of_another_webhook_is_not_found(program):
    make_webhook()
    end()
    delivery = WebhookDelivery.objects.get()
    other = make_webhook()

    resend = f"webhooks/{other.pk}/deliveries/{delivery.pk}/resend"
    problem_of(program.post(resend), 404, "delivery_not_found")
    bad = program.post(f"webhooks/{other.pk}/deliveries/7/resend")
    assert fields_of(problem_of(bad, 400, "invalid_input")) == ["delivery_id"]

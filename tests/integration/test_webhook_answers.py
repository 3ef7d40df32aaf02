"""What a receiver may answer, and what each answer means."""

import socket
import time

import pytest

from jobs.models import WebhookDelivery
from jobs.services.posting import MOST_ANSWER_BYTES
from tests.support.webhooks import deliver, end, log, make_webhook

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_webhooks", "jobs")]

#: How slow receivers answer: in all, many times the time that they have.
DRIPS = 100
DRIP_SECONDS = 0.05


def test_redirects_are_not_followed(receiver):
    webhook = make_webhook(receiver.url)
    end()

    def away(handler):
        handler.send_response(302)
        handler.send_header("Location", receiver.url)
        handler.end_headers()

    receiver.answer = away

    assert deliver(webhook, most=1) == [False]
    assert len(receiver.received) == 1
    assert log().error == "it answered 302 Found: redirects are not followed"


@pytest.mark.parametrize("kind", ["silent", "slow", "slow head"])
def test_a_receiver_that_takes_too_long_costs_no_more_than_its_time(receiver, jobs, kind):
    # given
    jobs(webhooks_timeout_seconds=0.4)
    webhook = make_webhook(receiver.url)
    end()

    def drip(handler):
        if kind != "silent":
            handler.wfile.write(b"HTTP/1.1 ")
        try:
            for _ in range(DRIPS):
                time.sleep(DRIP_SECONDS)
                if kind == "slow":
                    handler.wfile.write(b"2")
                if kind == "slow head":
                    handler.wfile.write(b"200 OK\r\nX: y\r\n"[:1])
        except OSError:
            pass

    receiver.answer = drip

    # then
    assert deliver(webhook, most=1) == [False]
    assert log().error == "no answer within 0.4 s"
    assert log().duration_seconds < DRIPS * DRIP_SECONDS


def test_an_answer_whose_head_has_no_end_is_not_read_to_the_end(receiver):
    webhook = make_webhook(receiver.url)
    end()
    written = []

    def flood(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        try:
            for n in range(90):
                handler.wfile.write(b"X-%d: " % n + b"a" * 60_000 + b"\r\n")
                written.append(n)
        except OSError:
            pass

    receiver.answer = flood

    assert deliver(webhook, most=1) == [False]
    assert log().error == f"the head of its answer is longer than {MOST_ANSWER_BYTES:,} bytes"


def test_what_is_no_http_is_a_failure_that_tells_nothing_of_it(receiver):
    webhook = make_webhook(receiver.url)
    end()
    receiver.answer = lambda handler: handler.wfile.write(b"220 mail.internal ESMTP secret\r\n")

    assert deliver(webhook, most=1) == [False]
    assert log().error == "no HTTP answer: BadStatusLine"


def test_a_receiver_that_is_not_there_is_a_failure(receiver):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
    webhook = make_webhook(f"http://127.0.0.1:{port}/")
    end()

    assert deliver(webhook, most=1) == [False]
    assert (log().status_code, log().error) == (None, "no connection: Connection refused")


def test_a_fault_of_our_own_is_a_failure_of_the_message_and_logged(receiver, monkeypatch, caplog):
    webhook = make_webhook(receiver.url)
    end()
    WebhookDelivery.objects.update(facts="no JSON")

    assert deliver(webhook, most=1) == [False]
    assert log().error == "a fault of the sender, which has logged it"
    assert f"webhook delivery {log().pk} cannot be sent" in caplog.text

"""What a webhook's URL reaches: public hosts alone, whatever its name means at the next look.

The border is DNS: `socket.getaddrinfo` answers as the tests say.
"""

import socket
import ssl

import pytest

from jobs.exceptions import InvalidOption
from jobs.models import Webhook, WebhookDelivery
from jobs.services import posting
from jobs.services.posting import post
from jobs.services.webhooks import change
from tests.support.receiver import ALLOWED, CERTIFICATE, running_receiver
from tests.support.webhooks import deliver, make_webhook

pytestmark = pytest.mark.django_db

PUBLIC = "93.184.215.14"


@pytest.fixture
def names(monkeypatch):
    """What each look at a name gives, one after another; the last one again and again."""
    answers = {}
    real = socket.getaddrinfo

    def look(host, port, *args, **options):
        if host not in answers:
            return real(host, port, *args, **options)
        given = answers[host].pop(0) if len(answers[host]) > 1 else answers[host][0]
        found = []
        for address in given:
            found += real(address, port, type=socket.SOCK_STREAM)
        return found

    monkeypatch.setattr(socket, "getaddrinfo", look)
    return answers


@pytest.fixture
def allowed(settings):
    settings.JOBS = settings.JOBS | ALLOWED


def sent(url):
    return post(url, headers={}, body=b"{}", timeout_seconds=2)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:8000/", "127.0.0.1: loopback"),
        ("http://localhost:8000/", ": loopback"),
        ("http://127.1/", "127.0.0.1: loopback"),
        ("http://2130706433/", "127.0.0.1: loopback"),
        ("http://0x7f.0.0.1/", "127.0.0.1: loopback"),
        ("http://0/", "0.0.0.0: unspecified"),
        ("http://169.254.169.254/latest/meta-data/", "link-local"),
        ("http://[::1]/", "::1: loopback"),
        ("http://[::ffff:127.0.0.1]/", "IPv4 inside IPv6"),
        ("http://[64:ff9b::a9fe:a9fe]/", "IPv4 through NAT64"),
        ("http://[2002:7f00:1::]/", "IPv4 through 6to4"),
        ("http://10.0.0.1/", "10.0.0.1: private"),
        ("https://user:pass@example.com/", "without user name"),
        ("ftp://example.com/", "begins with http"),
    ],
)
def test_what_is_not_public_is_refused_when_it_is_made_changed_and_sent(url, words):
    webhook = make_webhook()

    with pytest.raises(InvalidOption, match=r"^url is ") as made:
        make_webhook(url)
    with pytest.raises(InvalidOption, match=r"^url is ") as changed:
        change(webhook_id=webhook.pk, url=url)

    assert words in str(made.value)
    assert words in str(changed.value)
    assert words in sent(url).error
    assert Webhook.objects.count() == 1


def test_a_setting_allows_networks(receiver, allowed):
    assert sent(receiver.url).status == 204
    assert make_webhook(receiver.url).url == receiver.url


def test_a_name_that_means_a_private_place_is_refused(names, receiver):
    names["hooks.example.com"] = [["10.0.0.7"]]

    with pytest.raises(InvalidOption, match=r"hooks.example.com is at 10.0.0.7: private"):
        make_webhook("https://hooks.example.com/")


def test_a_name_one_of_whose_addresses_is_private_is_refused(names):
    names["hooks.example.com"] = [[PUBLIC, "127.0.0.1"]]

    with pytest.raises(InvalidOption, match=r"hooks.example.com is at 127.0.0.1: loopback"):
        make_webhook("https://hooks.example.com/")


def test_a_name_that_means_something_else_at_the_delivery_is_refused_then(names, receiver):
    # given a name that is public while the webhook is made
    port = receiver.url.split(":")[2]
    names["hooks.example.com"] = [[PUBLIC], ["127.0.0.1"]]
    webhook = make_webhook(f"http://hooks.example.com:{port}")
    WebhookDelivery.objects.create(webhook=webhook, type="webhook.test")

    # when it is told
    assert deliver(webhook, most=1) == [False]

    # then the receiver on this machine has heard nothing
    assert WebhookDelivery.objects.get().error == (
        "refused: hooks.example.com is at 127.0.0.1: loopback"
    )
    assert receiver.received == []


def test_the_connection_goes_to_the_address_that_was_looked_at(names, receiver, settings):
    # given a name that changes with every look, first to where it may be told
    settings.JOBS = settings.JOBS | {"WEBHOOKS_ALLOWED_NETWORKS": ["127.0.0.1/32"]}
    port = receiver.url.split(":")[2].split("/")[0]
    names["hooks.example.com"] = [["127.0.0.1"], ["127.0.0.2"], ["10.0.0.1"]]

    # when
    answer = sent(f"http://hooks.example.com:{port}/here?and=there")

    # then there was one look, and the request names the host it was meant for
    assert answer.status == 204
    (received,) = receiver.received
    assert received.headers["host"] == f"hooks.example.com:{port}"
    assert received.path == "/here?and=there"
    assert len(names["hooks.example.com"]) == 2


def test_the_next_address_of_a_host_is_tried_when_one_does_not_answer(names, receiver, settings):
    settings.JOBS = settings.JOBS | {"WEBHOOKS_ALLOWED_NETWORKS": ["127.0.0.0/8"]}
    port = receiver.url.split(":")[2].split("/")[0]
    names["hooks.example.com"] = [["127.0.0.2", "127.0.0.1"]]

    assert sent(f"http://hooks.example.com:{port}/").status == 204


def test_a_name_that_cannot_be_resolved_is_taken_and_looked_at_again_at_the_delivery():
    webhook = make_webhook("https://nowhere.invalid/hook")
    WebhookDelivery.objects.create(webhook=webhook, type="webhook.test")

    assert deliver(webhook, most=1) == [False]
    assert "its name cannot be resolved: " in WebhookDelivery.objects.get().error


def test_a_proxy_of_the_environment_is_not_used(receiver, allowed, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert sent(receiver.url).status == 204


def test_a_certificate_has_to_be_for_the_name_and_trusted(names, allowed, monkeypatch):
    # given a receiver with a certificate for its name
    names["receiver.test"] = names["other.test"] = [["127.0.0.1"]]
    with running_receiver(with_tls=True) as receiver:
        # then one that nobody vouches for is refused
        posting._tls.cache_clear()
        assert sent(receiver.url).error.startswith("its certificate is not valid: self")

        # and one that the system trusts is taken, for its own name alone
        trusting = ssl.create_default_context(cafile=str(CERTIFICATE))
        monkeypatch.setattr(posting, "_tls", lambda: trusting)
        assert sent(receiver.url).status == 204
        other = sent(receiver.url.replace("receiver.test", "other.test"))
        assert other.error.startswith("its certificate is not valid: Hostname mismatch")
        assert len(receiver.received) == 1


def test_a_receiver_without_tls_is_no_tls_receiver(receiver, allowed):
    assert sent(receiver.url.replace("http:", "https:")).error.startswith("no TLS connection")

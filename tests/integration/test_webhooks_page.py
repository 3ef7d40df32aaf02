"""docs/webhooks.md: what it tells receivers to do lets in what we send, and nothing else."""

import pytest

from jobs.services.webhooks import rotate, subscribe
from tests.support.pages import blocks
from tests.support.webhooks import deliver, end

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("fresh_webhooks", "jobs")]


@pytest.fixture
def is_genuine():
    sources = [text for language, text in blocks("docs/webhooks.md") if "def is_genuine" in text]
    (source,) = sources
    place = {}
    exec(source, place)
    return place["is_genuine"]


def test_the_receiver_of_the_page_takes_our_messages_and_no_others(is_genuine, receiver):
    # given a message
    made = subscribe(url=receiver.url, owner=None)
    end()
    deliver(made.row)
    (received,) = receiver.received
    headers, body = received.headers, received.body

    # then it is taken as it is, by its own secret, and not with anything changed
    assert is_genuine(made.plain, headers, body)
    other = subscribe(url=receiver.url, owner=None)
    assert not is_genuine(other.plain, headers, body)
    assert not is_genuine(made.plain, headers, body.replace(b"add", b"sub"))
    assert not is_genuine(made.plain, headers | {"webhook-id": "another"}, body)
    old = str(int(headers["webhook-timestamp"]) - 301)
    assert not is_genuine(made.plain, headers | {"webhook-timestamp": old}, body)
    assert not is_genuine(made.plain, headers | {"webhook-timestamp": "never"}, body)
    assert not is_genuine(made.plain, headers | {"webhook-signature": "v1,é v2,x"}, body)


def test_while_two_secrets_sign_the_receiver_of_the_page_takes_either(is_genuine, receiver):
    old = subscribe(url=receiver.url, owner=None)
    new = rotate(webhook_id=old.row.pk)
    end()
    deliver(new.row)
    (received,) = receiver.received

    assert is_genuine(old.plain, received.headers, received.body)
    assert is_genuine(new.plain, received.headers, received.body)

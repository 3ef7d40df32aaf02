"""How messages are signed, and who wants them."""

import base64

from jobs.domain.webhooks import (
    MARK,
    Subscription,
    message_type,
    new_seed,
    secret_of,
    shown,
    signature,
)
from jobs.models import Webhook
from jobs.services.webhooks import NewSecret


def test_the_signature_is_that_of_the_specification() -> None:
    # given the example of the Standard Webhooks libraries
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    told = signature(
        secret,
        message_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp=1614265330,
        body=b'{"test": 2432232314}',
    )

    assert told == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_needs_both_the_seed_and_the_sites_key() -> None:
    seed, other = new_seed(), new_seed()

    secrets = {
        secret_of(seed, site_key=b"one"),
        secret_of(seed, site_key=b"two"),
        secret_of(other, site_key=b"one"),
    }

    assert len(secrets) == 3
    assert secret_of(seed, site_key=b"one") in secrets
    for secret in secrets:
        assert len(secret) == 32
        assert base64.b64decode(shown(secret).removeprefix(MARK)) == secret


def test_nothing_that_is_printed_of_a_new_secret_tells_it() -> None:
    row = Webhook(url="https://example.com", seed=new_seed())
    plain = shown(secret_of(row.seed, site_key=b"key"))
    made = NewSecret(row, plain)

    for text in (repr(made), str(made), repr(row), str(row)):
        assert plain not in text
        assert row.seed not in text


def test_a_subscription_wants_what_it_names_and_any_of_its_tags() -> None:
    anything = Subscription(frozenset({"SUCCESS"}), frozenset(), frozenset())
    some = Subscription(frozenset({"SUCCESS"}), frozenset({"add"}), frozenset({"a", "b"}))

    assert anything.wants("add", "SUCCESS", [])
    assert not anything.wants("add", "FAILURE", [])
    assert some.wants("add", "SUCCESS", ["b", "c"])
    assert not some.wants("add", "SUCCESS", ["c"])
    assert not some.wants("add", "SUCCESS", [])
    assert not some.wants("calculate", "SUCCESS", ["a"])
    assert some.may_want("add", "SUCCESS")


def test_the_type_of_a_message_is_the_state() -> None:
    assert message_type("SUCCESS") == "task.success"

"""How much there is of a secret is no secret."""

import pytest

from jobs.conf import Conf
from jobs.domain.redaction import REPLACEMENT, Redactor

redactor = Redactor(Conf().redacted_keys)

AMOUNTS = [
    "max_tokens",
    "maxTokens",
    "MAX-TOKENS",
    "max_output_tokens",
    "tokens_used",
    "total_tokens",
    "prompt_tokens",
    "completionTokens",
    "tokens_per_minute",
    "tokens_left",
    "token_count",
    "tokenCount",
    "token_limit",
    "password_length",
    "api_keys_total",
]
#: Of which a number may be the secret itself, or part of it.
NO_AMOUNTS = [
    "token",
    "tokens",
    "access_token",
    "accessToken",
    "refreshTokens",
    "api-key",
    "token_2",
    "token_id",
    "max_token",
    "input_password",
    "total_secret",
    "user_credentials",
    "maxtokens",
    "discount_token",
    "permanent_tokens",
]


@pytest.mark.parametrize("key", AMOUNTS)
@pytest.mark.parametrize("number", [0, 4096, -1, 0.5])
def test_how_much_there_is_of_a_secret_is_told(key: str, number: float) -> None:
    assert redactor.value({key: number}) == {key: number}
    assert redactor.text(f"f({key}={number}, to=a)") == f"f({key}={number}, to=a)"
    assert redactor.text(f"{{'{key}': {number}}}") == f"{{'{key}': {number}}}"


@pytest.mark.parametrize("key", AMOUNTS)
@pytest.mark.parametrize("value", ["hunter2", "4096", "", ["hunter2"], [4096], {"a": 4096}])
def test_what_is_no_number_is_hidden_under_the_name_of_an_amount_too(
    key: str, value: object
) -> None:
    assert redactor.value({key: value}) == {key: REPLACEMENT}
    assert "hunter2" not in redactor.text(f"{key}=hunter2 {key}: 'hunter2'")
    assert redactor.text(f"{key}=4096hunter2") == f"{key}={REPLACEMENT}"


@pytest.mark.parametrize("key", NO_AMOUNTS)
@pytest.mark.parametrize("value", [4096, [4096], "4096"])
def test_a_number_under_a_secrets_name_is_hidden(key: str, value: object) -> None:
    assert redactor.value({key: value}) == {key: REPLACEMENT}
    assert redactor.text(f"{key}=4096") == f"{key}={REPLACEMENT}"


def test_an_amount_that_was_shown_may_be_changed_and_sent_back() -> None:
    original = {"max_tokens": 10, "token": "hunter2"}
    shown = redactor.value(original) | {"max_tokens": 20}

    assert redactor.restored(shown, original) == {"max_tokens": 20, "token": "hunter2"}

"""What may be stored as JSON, and what is refused before it can poison a batch."""

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.domain.payload import MAX_DEPTH, MAX_DIGITS, clean_text, encode
from jobs.exceptions import PayloadError, PayloadTooLarge

MIB = 1024 * 1024

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
    | st.sampled_from(["NaN", "Infinity", "\\u0000", "[[[", "\\\\u0000", "\U0001f600"]),
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=30,
)


class Colour(Enum):
    RED = "red"


@dataclass
class Span:
    start: int
    within: "Span | None" = None


def nested(depth: int, innermost: object = 0) -> object:
    value = innermost
    for level in range(depth):
        value = [value] if level % 2 else {"k": value}
    return value


@given(values)
def test_what_json_can_hold_comes_back_as_it_was(value: object) -> None:
    # when any value of JSON is encoded and read again
    again = json.loads(encode(value, limit_bytes=MIB))

    # then nothing has changed
    assert again == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), b'"2026-01-02T03:04:05Z"'),
        (Decimal("1.10"), b'"1.10"'),
        (UUID(int=1), b'"00000000-0000-0000-0000-000000000001"'),
        (Colour.RED, b'"red"'),
        (Span(1), b'{"start":1,"within":null}'),
        ({3}, b"[3]"),
        ((1, 2), b"[1,2]"),
        (b"abc", b'"abc"'),
    ],
)
def test_common_types_have_a_json_form(value: object, text: bytes) -> None:
    assert encode(value, limit_bytes=MIB) == text


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("a\0b", "NUL"),
        ("\\\0", "NUL"),
        ({"key\0": 1}, "NUL"),
        ("\ud800", "surrogate"),
        ("\udc00\ud800", "surrogate"),
        ({"\udfff": 1}, "surrogate"),
        (math.nan, "not finite"),
        ([1, math.inf], "not finite"),
        ({"x": -math.inf, "word": "fine"}, "not finite"),
        (json.loads("1e400"), "not finite"),
        (nested(MAX_DEPTH + 1), "deeper than 64"),
        (nested(230), "deeper than 64"),
        (nested(2000), "deeper than 64"),
        ([[], nested(MAX_DEPTH)], "deeper than 64"),
        (10**MAX_DIGITS, "4,300 digits"),
        ({"n": [-(10**5000)]}, "4,300 digits"),
        (object(), "no JSON form"),
        (len, "no JSON form"),
        (b"\xff", "no JSON form"),
    ],
    ids=lambda value: None if isinstance(value, str) else type(value).__name__,
)
def test_what_some_layer_would_refuse_or_change_is_refused(value: object, problem: str) -> None:
    with pytest.raises(PayloadError, match=problem):
        encode(value, limit_bytes=MIB)


def test_deep_dataclasses_are_refused_like_deep_lists() -> None:
    # given a chain of objects, which Python does not see as lists or dictionaries
    chain = None
    for number in range(MAX_DEPTH + 1):
        chain = Span(number, chain)

    # then it is too deep all the same
    with pytest.raises(PayloadError, match="deeper than 64"):
        encode(chain, limit_bytes=MIB)


def test_a_value_that_holds_itself_is_refused() -> None:
    # given a list inside itself
    endless: list[object] = []
    endless.append(endless)

    # then it is refused, rather than walked for ever
    with pytest.raises(PayloadError):
        encode(endless, limit_bytes=MIB)


@pytest.mark.parametrize(
    "value",
    [
        "\\u0000",
        "\\\\u0000",
        "NaN",
        {"Infinity": "NaN"},
        "[" * 1000,
        [[1]] * 1000,
        nested(MAX_DEPTH),
        [[]] * 200 + [nested(MAX_DEPTH - 1)],
        "9" * 10_000,
        ["1234567890" * 300] * 5,
        10 ** (MAX_DIGITS - 1),
        "\U0001f600" * 100,
        1e308,
        -0.0,
    ],
    ids=lambda value: str(value)[:12],
)
def test_innocent_look_alikes_pass(value: object) -> None:
    assert json.loads(encode(value, limit_bytes=MIB)) == value


def test_the_limit_counts_bytes_of_the_text() -> None:
    # given a text that is 8 bytes of JSON: two quotes, and two characters of three bytes
    text = "€€"

    # then it passes at 8 and is refused, with both numbers, below
    assert len(encode(text, limit_bytes=8)) == 8
    with pytest.raises(PayloadTooLarge, match="8 bytes of JSON: at most 7"):
        encode(text, limit_bytes=7)


@given(st.text())
def test_cleaned_text_fits_every_text_column(text: str) -> None:
    # when a text, which may hold anything, is cleaned
    cleaned = clean_text(text)

    # then it is valid UTF-8 without NUL, as long as before, and stays so
    assert "\0" not in cleaned.encode().decode()
    assert len(cleaned) == len(text)
    assert clean_text(cleaned) == cleaned


def test_cleaning_leaves_good_text_alone() -> None:
    assert clean_text("naïve \U0001f600\n") == "naïve \U0001f600\n"

"""Arguments checked by signature: one road for HTTP and Python callers, out to the function."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime, Field

from jobs.exceptions import InvalidArguments, PayloadTooLarge
from tests.support.arguments import errors_of, typed


@dataclass
class Span:
    start: int
    end: int


def mail(to: str, subject: str, body: str = "none") -> None:
    """Send a mail.

    Not really.
    """


def rich(
    user_id: int,
    amount: Decimal,
    kind: Literal["a", "b"],
    at: AwareDatetime | None = None,
    label: Annotated[str, Field(max_length=5)] = "x",
    span: Span | None = None,
) -> None: ...


def keyword_only(x: int, *, y: int) -> None: ...


def untyped(x, y=1): ...


def accepts(hint: object, value: object) -> object:
    """What a function gets whose only parameter has this annotation, from this JSON."""

    def one(x): ...

    one.__annotations__["x"] = hint
    one.__qualname__ = "one"
    return typed(one).decode("[]", json.dumps({"x": value}))[1]["x"]


def test_by_position_or_by_name_is_one_row() -> None:
    # given one call written in three ways
    arguments = typed(mail)

    # then all three are stored alike, and a default that nobody gave is not stored
    expected = ("[]", '{"to":"a","subject":"b"}')
    assert arguments.encode(("a", "b"), {}) == expected
    assert arguments.encode(("a",), {"subject": "b"}) == expected
    assert arguments.encode((), {"to": "a", "subject": "b"}) == expected


def test_the_function_receives_objects_not_json() -> None:
    # given what a Python caller gave
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    stored = typed(rich).encode((7, Decimal("1.10"), "a"), {"at": moment, "span": Span(1, 2)})

    # when the worker reads it back
    args, kwargs = typed(rich).decode(*stored)

    # then the function gets the same objects
    assert args == []
    assert kwargs == {
        "user_id": 7,
        "amount": Decimal("1.10"),
        "kind": "a",
        "at": moment,
        "span": Span(1, 2),
    }


@given(
    st.tuples(
        st.integers(-(2**70), 2**70),
        st.decimals(allow_nan=False, allow_infinity=False, places=2),
        st.sampled_from("ab"),
        st.datetimes(timezones=st.just(UTC)) | st.none(),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5),
        st.builds(Span, st.integers(), st.integers()) | st.none(),
    )
)
def test_every_call_that_fits_comes_back_as_it_was(given_args: tuple[object, ...]) -> None:
    # when a call is stored and read
    arguments = typed(rich)
    _, kwargs = arguments.decode(*arguments.encode(given_args, {}))

    # then each argument is what was given
    assert tuple(kwargs.values()) == given_args


@pytest.mark.parametrize(
    ("hint", "value", "received"),
    [
        (float, 1, 1.0),
        (int, 2**70, 2**70),
        (Decimal, "1.1", Decimal("1.1")),
        (Decimal, 1.1, Decimal("1.1")),
        (datetime, "2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (date, "2026-01-02", date(2026, 1, 2)),
        (tuple[int, ...], [1, 2], (1, 2)),
        (set[int], [1, 1], {1}),
        (dict[int, str], {"1": "x"}, {1: "x"}),
        (Span, {"start": 1, "end": 2}, Span(1, 2)),
        (Any, {"free": [1, None]}, {"free": [1, None]}),
    ],
)
def test_json_that_means_the_type_is_accepted(
    hint: object, value: object, received: object
) -> None:
    result = accepts(hint, value)
    assert result == received
    assert type(result) is type(received)


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (int, "1"),
        (int, True),
        (int, 1.0),
        (bool, "yes"),
        (bool, 1),
        (float, "1.5"),
        (str, 1),
        (datetime, "2026-01-02"),
        (datetime, 1_700_000_000),
        (AwareDatetime, "2026-01-02T03:04:05"),
        (Decimal, "NaN"),
        (Span, [1, 2]),
    ],
)
def test_json_that_might_mean_the_type_is_refused(hint: object, value: object) -> None:
    with pytest.raises(InvalidArguments):
        accepts(hint, value)


def test_every_fault_is_told_at_once_by_its_path() -> None:
    # when a call is wrong in five places
    errors = errors_of(
        typed(rich), user_id="7", kind="c", label="too long", span={"start": 1}, colour="red"
    )

    # then each is named
    assert {error["field"] for error in errors} == {
        "user_id",
        "amount",
        "kind",
        "label",
        "span.end",
        "colour",
    }
    (unknown,) = [error["message"] for error in errors if error["field"] == "colour"]
    assert unknown == (
        "There is no such argument; there are: user_id, amount, kind, at, label, span"
    )


def many(spans: list[Span], either: int | Span, table: dict[int, int]) -> None: ...


def test_the_path_is_the_jsons_own_whatever_the_annotation_offers() -> None:
    # when values deep inside lists, dictionaries and unions are wrong
    errors = errors_of(
        typed(many),
        spans=[{"start": 1, "end": 2}, {"start": 1, "end": "2"}, 7],
        either={"start": 1},
        table={"1": "x", "y": 2},
    )

    # then each is one fault at its own place
    words = {error["field"]: error["message"] for error in errors}
    assert words.keys() == {"spans.1.end", "spans.2", "either", "either.end", "table.1", "table.y"}
    assert words["either"] == "Input should be a valid integer"


def test_a_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(InvalidArguments, match="Invalid JSON"):
        typed(mail).decode("[]", "{")


def test_the_error_names_task_type_and_fields_in_one_sentence() -> None:
    with pytest.raises(InvalidArguments, match=r"task type 'shop.mail': to: .*; subject: "):
        typed(mail).encode((), {})


def test_too_many_positions_are_refused_with_both_numbers() -> None:
    assert errors_of(typed(mail), 1, 2, 3, 4) == [
        {"field": "args", "message": "4 positional arguments given: at most 3 are allowed"}
    ]


def test_a_keyword_only_parameter_takes_no_position() -> None:
    assert errors_of(typed(keyword_only), 1, 2)[0]["field"] == "args"
    assert typed(keyword_only).encode((1,), {"y": 2}).kwargs == '{"x":1,"y":2}'


def test_an_argument_given_twice_is_refused() -> None:
    assert errors_of(typed(mail), "a", to="b") == [
        {"field": "to", "message": "Given twice: by position and by name"}
    ]


def test_an_argument_that_cannot_be_stored_is_named() -> None:
    # when three arguments hold what no database takes alike
    errors = errors_of(typed(mail), "a\0", "\ud800", body=float("inf"))

    # then each is named with its own reason
    assert [error["field"] for error in errors] == ["to", "subject", "body"]
    assert "NUL" in errors[0]["message"]
    assert "surrogate" in errors[1]["message"]
    assert "not finite" in errors[2]["message"]


def test_nesting_that_only_the_whole_exceeds_is_refused_too() -> None:
    # given an argument of the greatest depth allowed, which lies one level deep in the whole
    value: object = 0
    for _ in range(64):
        value = [value]

    # then
    assert "deeper than 64" in errors_of(typed(untyped), value)[0]["message"]


def test_arguments_above_the_limit_are_refused_with_their_size() -> None:
    with (
        override_settings(JOBS={"ARGUMENT_LIMIT_BYTES": 2048}),
        pytest.raises(PayloadTooLarge, match="at most 2048"),
    ):
        typed(mail).encode(("x" * 3000, "b"), {})


def test_a_row_that_no_longer_fits_is_refused_by_field() -> None:
    # given a row of an older release, when the function had other parameters
    with pytest.raises(InvalidArguments) as refusal:
        typed(mail).decode("[]", '{"to":"a","title":"b"}')

    # then the reader learns which
    assert [error["field"] for error in refusal.value.errors] == ["subject", "title"]


def test_positions_stored_by_hand_are_read_too() -> None:
    assert typed(mail).decode(b'["a", "b"]', b'{"body":"c"}') == (
        [],
        {"to": "a", "subject": "b", "body": "c"},
    )

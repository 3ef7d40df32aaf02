"""From a function's signature to what its arguments may be."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pytest
from django.test import override_settings
from pydantic import AwareDatetime, Field

from jobs.domain.arguments import LooseArguments
from jobs.exceptions import InvalidArguments, InvalidTaskType, PayloadTooLarge
from tests.support.arguments import typed

if TYPE_CHECKING:
    from nowhere import Unknown


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


def awkward(schema: int, json: int, copy: int, _x: int, model_config: int, self: int) -> None: ...


def with_context(context: object, x: int) -> None: ...


def untyped(x, y=1): ...


def forward(x: "Later", many: "list[Later]") -> None: ...


def forward_inside(many: list["Later"]) -> None: ...


def lost(good: "Later", bad: "Unknown") -> None: ...


def impossible(x: Callable[[], int], stream: "Opaque") -> None: ...


def collects(*args: int, **kwargs: int) -> None: ...


def positional_only(x: int, /) -> None: ...


def unserialisable(x: Any = object(), y: int = 1) -> None: ...  # noqa: B008


@dataclass
class Later:
    n: int


class Opaque:
    pass


def test_parameters_may_have_any_name() -> None:
    values = dict.fromkeys(("schema", "json", "copy", "_x", "model_config", "self"), 1)
    assert typed(awkward).decode(*typed(awkward).encode((), values)) == ([], values)


def test_the_context_is_not_an_argument() -> None:
    # given a function whose first parameter the worker fills in
    arguments = typed(with_context, takes_context=True)

    # then callers neither give nor see it
    assert arguments.encode((1,), {}).kwargs == '{"x":1}'
    assert list(arguments.json_schema()["properties"]) == ["x"]


def test_a_parameter_without_annotation_takes_anything() -> None:
    assert typed(untyped).encode(([1, {"a": None}],), {}).kwargs == '{"x":[1,{"a":null}]}'


@pytest.mark.parametrize("func", [forward, forward_inside])
def test_annotations_may_name_what_stands_below(func: Callable[..., Any]) -> None:
    # when the arguments name a class defined after the function
    given = {"many": [{"n": 1}]} | ({"x": {"n": 2}} if func is forward else {})
    _, kwargs = typed(func).decode("[]", json.dumps(given))

    # then it is found
    assert kwargs["many"] == [Later(1)]


def test_an_annotation_that_does_not_exist_is_named_with_its_parameter() -> None:
    with pytest.raises(InvalidTaskType, match=r"'shop.lost': the annotation .*bad.*'Unknown'"):
        typed(lost)


def test_an_annotation_without_a_json_form_is_refused() -> None:
    with pytest.raises(InvalidTaskType, match=r"shop\.impossible"):
        typed(impossible)


@pytest.mark.parametrize(
    ("func", "parameter"), [(collects, r"\*args"), (positional_only, "positional-only")]
)
def test_parameters_without_a_name_to_give_are_refused(
    func: Callable[..., Any], parameter: str
) -> None:
    with pytest.raises(InvalidTaskType, match=parameter):
        typed(func)


def test_the_schema_tells_a_form_all_it_needs() -> None:
    # when the schema of a function is asked for
    schema = typed(rich).json_schema()

    # then it has what is required, allowed, bounded, and what is assumed
    assert schema["required"] == ["user_id", "amount", "kind"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["kind"]["enum"] == ["a", "b"]
    assert schema["properties"]["label"]["maxLength"] == 5
    assert schema["properties"]["label"]["default"] == "x"
    assert schema["properties"]["at"]["default"] is None
    assert "Span" in schema["$defs"]
    assert typed(mail).json_schema()["description"] == "Send a mail."
    json.dumps(schema)


def test_a_default_without_a_json_form_is_found() -> None:
    assert list(typed(unserialisable).unserialisable_defaults()) == ["x"]


def test_loose_arguments_are_only_bound() -> None:
    # given a function that collects
    arguments = LooseArguments(collects, name="shop.collects", takes_context=False, reason="")

    # when a call is stored and read
    stored = arguments.encode((1, 2), {"a": 3})

    # then positions stay positions
    assert stored == ("[1,2]", '{"a":3}')
    assert arguments.decode(*stored) == ([1, 2], {"a": 3})
    assert arguments.json_schema()["type"] == "object"


def test_loose_arguments_refuse_what_cannot_be_called_or_stored() -> None:
    arguments = LooseArguments(keyword_only, name="shop.k", takes_context=False, reason="")
    with pytest.raises(InvalidArguments, match=r"missing a required .*: 'y'"):
        arguments.encode((1,), {})
    with pytest.raises(InvalidArguments, match="NUL"):
        arguments.encode(("\0",), {"y": 1})
    with (
        override_settings(JOBS={"ARGUMENT_LIMIT_BYTES": 1024}),
        pytest.raises(PayloadTooLarge),
    ):
        arguments.encode(("x" * 600,), {"y": "x" * 600})

"""Example values: of every shape, and such that the shape's own check takes them."""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, Field, TypeAdapter
from typing_extensions import TypedDict

from jobs.domain.examples import example_of
from jobs.domain.fields import fill
from jobs.domain.registry import registry
from jobs.services.submission import example_form


class Colour(Enum):
    RED = "red"


class Address(BaseModel):
    street: str
    number: Annotated[int, Field(ge=3, le=9)]
    note: str | None = None


class Line(TypedDict):
    item: str
    count: int


class Tree(BaseModel):
    name: str
    below: "list[Tree]"


@pytest.mark.parametrize(
    "kind",
    [
        str,
        int,
        float,
        bool,
        Decimal,
        date,
        datetime,
        UUID,
        Colour,
        Literal["a", "b"],
        list[int],
        dict[str, int],
        tuple[int, str],
        Address,
        Line,
        list[Line],
        Tree,
        str | None,
        Annotated[str, Field(min_length=7, max_length=8)],
        Annotated[int, Field(gt=10, lt=12)],
        Annotated[int, Field(le=-5)],
        Annotated[int, Field(ge=7, multiple_of=5)],
        Annotated[list[str], Field(min_length=3)],
        Annotated[str, Field(pattern="^a+$", examples=["aaa"])],
        Any,
    ],
    ids=str,
)
def test_an_example_is_what_its_type_takes(kind: Any) -> None:
    schema = TypeAdapter(kind).json_schema()
    TypeAdapter(kind).validate_python(example_of(schema, schema))


def test_an_example_that_is_given_comes_first() -> None:
    assert example_of({"type": "string", "examples": ["ada"], "default": "bob"}, {}) == "ada"
    assert example_of({"type": "string", "default": "bob"}, {}) == "bob"


def test_the_example_of_every_demo_task_can_be_submitted() -> None:
    for task_type in registry.offered():
        form = example_form(task_type.name)
        arguments = fill(form.fields, {each.key: each.value for each in form.fields})
        assert not form.is_faulty
        task_type.arguments.encode([], arguments)

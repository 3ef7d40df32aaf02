"""Forms made from JSON Schema, and what is typed into them."""

from typing import Any

import pytest

from jobs.domain.fields import blame, fields_of, fill


def one(shape: dict[str, Any], typed: str, *, required: bool = True) -> tuple[Any, str]:
    """What one argument of this shape becomes when this is typed: its value, or the error."""
    schema = {"properties": {"it": shape}, "required": ["it"] if required else []}
    fields = fields_of(schema)
    arguments = fill(fields, {"argument-it": typed})
    return arguments.get("it"), fields[0].error


@pytest.mark.parametrize(
    ("shape", "control"),
    [
        ({"type": "string"}, "text"),
        ({"type": "integer"}, "number"),
        ({"anyOf": [{"type": "integer"}, {"type": "number"}]}, "number"),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "text"),
        ({"type": "boolean"}, "choice"),
        ({"enum": ["a", "b"], "type": "string"}, "choice"),
        ({"type": "array"}, "json"),
        ({"type": "object"}, "json"),
        ({}, "json"),
        ({"type": "string", "format": "date"}, "date"),
        ({"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}, "date"),
        ({"type": "string", "format": "date-time"}, "text"),
    ],
)
def test_a_shape_chooses_its_control(shape: dict[str, Any], control: str) -> None:
    (field,) = fields_of({"properties": {"it": shape}})
    assert field.control == control


@pytest.mark.parametrize(
    ("shape", "typed", "value"),
    [
        ({"type": "string"}, "7", "7"),
        ({"type": "string"}, "", ""),
        ({"type": "integer"}, "7", 7),
        ({"type": "number"}, "7.5", 7.5),
        ({"type": "number"}, "7", 7),
        ({"type": "boolean"}, "true", True),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "7", 7),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "u7", "u7"),
        ({"anyOf": [{"type": "integer"}, {"type": "string"}]}, "true", "true"),
        ({"type": "array"}, "[1, 2]", [1, 2]),
        ({"type": "object"}, '{"a": 1}', {"a": 1}),
        ({}, "plain words", "plain words"),
        ({}, '{"a": [null]}', {"a": [None]}),
        ({}, "NaN", "NaN"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "null", None),
        ({"enum": ["a", "b"], "type": "string"}, "b", "b"),
    ],
)
def test_what_is_typed_becomes_the_value_it_looks_like(
    shape: dict[str, Any], typed: str, value: object
) -> None:
    assert one(shape, typed) == (value, "")


@pytest.mark.parametrize(
    ("shape", "typed", "words"),
    [
        ({"type": "integer"}, "seven", "Must be a whole number, not 'seven'."),
        ({"type": "integer"}, "7.5", "Must be a whole number, not '7.5'."),
        ({"type": "number"}, "true", "Must be a number, not 'true'."),
        ({"type": "array"}, "{}", "Must be JSON (array), not '{}'."),
        ({"type": "boolean"}, "maybe", "Must be one of true, false, not 'maybe'."),
        ({"type": "integer"}, "", "This field is required."),
    ],
)
def test_what_cannot_be_the_value_is_refused_in_words(
    shape: dict[str, Any], typed: str, words: str
) -> None:
    assert one(shape, typed) == (None, words)


def test_an_optional_field_left_empty_is_not_given() -> None:
    fields = fields_of({"properties": {"it": {"type": "integer", "default": 3}}})
    assert fill(fields, {"argument-it": ""}) == {}
    assert "otherwise 3" in fields[0].hint


def test_a_reference_is_followed_to_its_definition() -> None:
    schema = {
        "properties": {"it": {"$ref": "#/$defs/Colour"}},
        "$defs": {"Colour": {"enum": ["red", "blue"], "type": "string"}},
    }
    (field,) = fields_of(schema)
    assert field.choices == ("red", "blue")


def test_faults_find_their_fields_and_the_rest_is_told_above() -> None:
    fields = fields_of({"properties": {"to": {"type": "string"}}})
    faults = [
        {"field": "to", "message": "too short"},
        {"field": "to.0", "message": "and wrong"},
        {"field": "cc", "message": "There is no such argument"},
    ]
    assert blame(fields, faults) == ["cc: There is no such argument"]
    assert fields[0].error == "too short; and wrong"


@pytest.mark.parametrize(
    ("shape", "hint"),
    [
        (
            {"type": "string", "minLength": 1, "maxLength": 10},
            "at least 1 character; at most 10 characters",
        ),
        ({"type": "array", "minItems": 2}, "JSON; at least 2 items"),
        (
            {"type": "integer", "description": "Whole euros", "multipleOf": 5},
            "Whole euros; a multiple of 5",
        ),
        ({"type": "string", "format": "date-time"}, "a date and time, as 2026-01-31T12:00:00Z"),
        ({"type": "boolean", "default": True}, "otherwise true"),
    ],
)
def test_a_field_tells_what_it_takes(shape: dict[str, Any], hint: str) -> None:
    (field,) = fields_of({"properties": {"it": shape}})
    assert field.hint == hint

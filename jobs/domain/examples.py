"""Example values of a JSON Schema: its own where it has some, else the plainest that fits."""

from collections.abc import Mapping
from typing import Any

Shape = Mapping[str, Any]

#: A schema that refers to itself is followed no deeper.
MOST_LEVELS = 4
_TEXTS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00",
    "duration": "PT30S",
    "email": "ada@example.org",
    "uri": "https://example.org/",
    "uuid": "0190c6c0-0000-7000-8000-000000000000",
}


def resolved(shape: Shape, schema: Shape) -> Shape:
    """What a reference within the schema leads to; any other shape as it is."""
    reference = shape.get("$ref", "")
    definitions: Mapping[str, Shape] = schema.get("$defs", {})
    return definitions.get(reference.rpartition("/")[2], shape)


def example_of(shape: Shape, schema: Shape, *, levels: int = MOST_LEVELS) -> Any:
    """A value of this shape. None is made to fit a `pattern`: give such a shape an example."""
    shape = resolved(shape, schema)
    own = [*shape.get("examples", ()), *shape.get("enum", ())]
    own += [shape[key] for key in ("const", "default") if shape.get(key) is not None]
    if own:
        return own[0]
    options = [each for each in shape.get("anyOf", ()) if each.get("type") != "null"]
    if options:
        return example_of(options[0], schema, levels=levels)
    return _made(shape, schema, levels)


def _made(shape: Shape, schema: Shape, levels: int) -> Any:
    match shape.get("type"):
        case "string":
            return _text(shape)
        case "integer" | "number":
            return _number(shape)
        case "boolean":
            return True
        case "array":
            return _array(shape, schema, levels)
        case "object":
            return _object(shape, schema, levels)
    return {"key": "value"}


def _text(shape: Shape) -> str:
    text = _TEXTS.get(shape.get("format", ""), "text")
    return text.ljust(shape.get("minLength", 0), "x")[: shape.get("maxLength")]


def _number(shape: Shape) -> int | float:
    least = shape.get("minimum", shape.get("exclusiveMinimum", 0) + 1)
    most = shape.get("maximum", shape.get("exclusiveMaximum"))
    value: int | float = max(1, least) if most is None or most > 1 else min(least, most)
    step = shape.get("multipleOf")
    return -(-value // step) * step if step else value


def _array(shape: Shape, schema: Shape, levels: int) -> list[Any]:
    if levels <= 1 and not shape.get("minItems"):
        return []
    places = shape.get("prefixItems")
    if places:
        return [example_of(each, schema, levels=levels - 1) for each in places]
    item = example_of(shape.get("items", {"type": "string"}), schema, levels=levels - 1)
    return [item] * max(1, shape.get("minItems", 1))


def _object(shape: Shape, schema: Shape, levels: int) -> dict[str, Any]:
    if levels <= 0:
        return {}
    named = shape.get("properties", {})
    wanted = shape.get("required", ())
    made = {
        name: example_of(each, schema, levels=levels - 1)
        for name, each in named.items()
        if name in wanted
    }
    rest = shape.get("additionalProperties")
    if not named and isinstance(rest, dict):
        made["key"] = example_of(rest, schema, levels=levels - 1)
    return made

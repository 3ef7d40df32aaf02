"""A form for any task type: its fields come from the JSON Schema of its arguments."""

import json
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from jobs.domain.examples import example_of, resolved
from jobs.domain.wording import counted

PREFIX = "argument-"
#: Texts of these names are long.
LONG_TEXTS = frozenset({"body", "message", "text", "content", "description"})


@dataclass(slots=True, kw_only=True)
class Field:
    """One argument. `control` is `text`, `area`, `number`, `date`, `choice` or `json`."""

    name: str
    label: str
    control: str
    required: bool
    types: frozenset[str]
    choices: tuple[str, ...] = ()
    hint: str = ""
    example: str = ""
    """As somebody would type it."""
    value: str = ""
    error: str = ""

    @property
    def key(self) -> str:
        """Its name in the submitted form."""
        return PREFIX + self.name


def fields_of(schema: Mapping[str, Any]) -> list[Field]:
    """The fields of a type, in the order of its signature."""
    required = set(schema.get("required", ()))
    shapes = schema.get("properties", {})
    return [
        _field(name, shape, schema=schema, required=name in required)
        for name, shape in shapes.items()
    ]


def fill(fields: Sequence[Field], typed: Mapping[str, str]) -> dict[str, Any]:
    """The arguments that were typed; each field keeps its text, and what is wrong with it.

    An optional field left empty is not given at all.
    """
    arguments = {}
    for item in fields:
        item.value = typed.get(item.key, "")
        if not item.value and not item.required:
            continue
        try:
            arguments[item.name] = _value(item)
        except ValueError as error:
            item.error = str(error)
    return arguments


def blame(fields: Sequence[Field], faults: Sequence[Mapping[str, str]]) -> list[str]:
    """Put each fault to its field; gives the messages that belong to none."""
    by_name = {item.name: item for item in fields}
    homeless = []
    for fault in faults:
        path = fault["field"]
        item = by_name.get(path) or by_name.get(path.replace("[", ".").split(".")[0])
        if item is None:
            homeless.append(f"{path}: {fault['message']}")
        else:
            item.error = f"{item.error}; {fault['message']}" if item.error else fault["message"]
    return homeless


def _field(
    name: str, shape: Mapping[str, Any], *, schema: Mapping[str, Any], required: bool
) -> Field:
    shape = resolved(shape, schema)
    options = [resolved(option, schema) for option in shape.get("anyOf", (shape,))]
    types = frozenset(option["type"] for option in options if "type" in option)
    choices = tuple(str(choice) for option in options for choice in option.get("enum", ()))
    if types == {"boolean"}:
        choices = ("true", "false")
    default = shape.get("default")
    return Field(
        name=name,
        label=name.replace("_", " ").capitalize(),
        control=_control(name, types, choices, formats=_formats(options)),
        required=required,
        types=types,
        choices=choices,
        hint="; ".join(_hints(shape, types, options, default)),
        example=_typed(example_of(shape, schema), types) if required or "examples" in shape else "",
    )


def _typed(value: object, types: frozenset[str]) -> str:
    """A value as somebody would type it."""
    if isinstance(value, str) and (not types or "string" in types):
        return value
    return json.dumps(value, ensure_ascii=False)


def _formats(options: Sequence[Mapping[str, Any]]) -> set[str]:
    return {option["format"] for option in options if "format" in option}


def _control(name: str, types: frozenset[str], choices: Sequence[str], *, formats: Set[str]) -> str:
    if choices:
        return "choice"
    if not types or types & {"object", "array"}:
        return "json"
    if types <= {"integer", "number", "null"}:
        return "number"
    if formats == {"date"} and types <= {"string", "null"}:
        return "date"
    return "area" if name in LONG_TEXTS else "text"


#: Key of a schema -> how a bound is told.
_BOUNDS: Mapping[str, Callable[[Any], str]] = {
    "minimum": "at least {:g}".format,
    "exclusiveMinimum": "above {:g}".format,
    "maximum": "at most {:g}".format,
    "exclusiveMaximum": "below {:g}".format,
    "multipleOf": "a multiple of {:g}".format,
    "minLength": lambda count: f"at least {counted(count, 'character')}",
    "maxLength": lambda count: f"at most {counted(count, 'character')}",
    "minItems": lambda count: f"at least {counted(count, 'item')}",
    "maxItems": lambda count: f"at most {counted(count, 'item')}",
    "pattern": "must match {}".format,
}
_FORMATS = {
    "date-time": "a date and time, as 2026-01-31T12:00:00Z",
    "time": "a time, as 12:00:00",
    "duration": "a duration, as PT30S",
    "uuid": "a UUID",
    "email": "an e-mail address",
    "uri": "an address, as https://example.org/",
}


def _hints(
    shape: Mapping[str, Any],
    types: frozenset[str],
    options: Sequence[Mapping[str, Any]],
    default: object,
) -> list[str]:
    hints = [shape["description"]] if "description" in shape else []
    if not types:
        hints.append("JSON, or any text")
    elif types & {"object", "array"}:
        hints.append("JSON, or text" if "string" in types else "JSON")
    for option in options:
        if option.get("format") in _FORMATS:
            hints.append(_FORMATS[option["format"]])
        hints += [told(option[key]) for key, told in _BOUNDS.items() if key in option]
    if default is not None:
        hints.append(f"otherwise {json.dumps(default, ensure_ascii=False)}")
    return list(dict.fromkeys(hints))


def _value(item: Field) -> Any:
    text = item.value
    if item.required and not text and item.types != {"string"}:
        raise ValueError("This field is required.")
    if item.types == {"string"}:
        return text
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except ValueError:
        return _as_text(item)
    fits = not item.types or _type_of(value) & item.types
    return value if fits else _as_text(item)


def _as_text(item: Field) -> str:
    """What was typed, as the text it is, where the argument may be a text."""
    if item.types and "string" not in item.types:
        raise ValueError(f"Must be {_in_words(item)}, not {item.value[:60]!r}.")
    return item.value


def _in_words(item: Field) -> str:
    if item.control == "choice":
        return f"one of {', '.join(item.choices)}"
    if item.control == "number":
        return "a whole number" if "number" not in item.types else "a number"
    return f"JSON ({' or '.join(sorted(item.types))})"


def _type_of(value: object) -> set[str]:
    match value:
        case bool():
            return {"boolean"}
        case int():
            return {"integer", "number"}
        case float():
            return {"number"}
        case str():
            return {"string"}
        case list():
            return {"array"}
        case dict():
            return {"object"}
    return {"null"}


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON.")

"""A task's arguments: checked against the function's signature on the way in and on the way out."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, NotRequired, Protocol, Required

from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError
from pydantic.errors import PydanticUndefinedAnnotation
from pydantic_core import from_json, to_json, to_jsonable_python
from typing_extensions import TypedDict

from jobs.conf import get_conf
from jobs.domain.faults import Fault, faults_of
from jobs.domain.payload import encode
from jobs.domain.signatures import nameless, parameters
from jobs.exceptions import InvalidArguments, InvalidTaskType, PayloadError, PayloadTooLarge


class EncodedArguments(NamedTuple):
    """Two JSON texts: a list and an object."""

    args: str
    kwargs: str


class Arguments(Protocol):
    """How a task type reads and writes its arguments."""

    def encode(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> EncodedArguments:
        """The texts to store.

        Raises:
            InvalidArguments: they do not fit the signature; its `errors` names each fault.
            PayloadTooLarge: their text is longer than allowed.
        """

    def decode(
        self, args_text: str | bytes, kwargs_text: str | bytes
    ) -> tuple[list[Any], dict[str, Any]]:
        """What to call the function with. Raises InvalidArguments if it has changed since."""

    def json_schema(self) -> dict[str, Any]:
        """JSON Schema of the keyword arguments."""


class TypedArguments:
    """Checked by the annotations: strict about types, and converted for the function.

    The same check reads what HTTP and Python callers give, always from JSON text, so that a call
    is accepted from both or from neither. Positional arguments are stored by name: one call has
    one form.
    """

    def __init__(self, func: Callable[..., Any], *, name: str, takes_context: bool) -> None:
        """Build the checker; to be done at first use, as annotations may name what stands below.

        Raises:
            InvalidTaskType: a parameter cannot be given by name, or an annotation cannot be
                resolved or has no JSON form.
        """
        if problem := nameless(func, takes_context=takes_context):
            raise InvalidTaskType(name=name, problem=problem)
        self._name = name
        self._parameters = _resolved(func, name=name, takes_context=takes_context)
        self._description = (inspect.getdoc(func) or "").partition("\n")[0]
        self._positional = [
            item.name for item in self._parameters if item.kind is item.POSITIONAL_OR_KEYWORD
        ]
        self._adapter = _adapter(func, self._parameters, name=name)
        self._validate: Callable[[str | bytes], dict[str, Any]] = (
            self._adapter.validator.validate_json
        )

    def encode(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> EncodedArguments:
        """See `Arguments`."""
        named = self._by_name(args, kwargs) if args else kwargs
        try:
            text = encode(named, limit_bytes=get_conf().argument_limit_bytes)
        except PayloadTooLarge:
            raise
        except PayloadError as error:
            raise self._refused(_blame(named, error)) from None
        self._check(text)
        return EncodedArguments("[]", text.decode())

    def decode(
        self, args_text: str | bytes, kwargs_text: str | bytes
    ) -> tuple[list[Any], dict[str, Any]]:
        """See `Arguments`."""
        if args_text not in {"[]", b"[]"} and (args := from_json(args_text)):
            kwargs_text = to_json(self._by_name(args, from_json(kwargs_text)))
        return [], self._check(kwargs_text)

    def json_schema(self) -> dict[str, Any]:
        """See `Arguments`."""
        schema = self._adapter.json_schema() | {"title": self._name}
        if self._description:
            schema["description"] = self._description
        for item in self._parameters:
            if item.default is not item.empty:
                schema["properties"][item.name]["default"] = to_jsonable_python(item.default)
        return schema

    def unserialisable_defaults(self) -> dict[str, str]:
        """What is wrong with each default that has no JSON form, by parameter."""
        return {
            item.name: problem
            for item in self._parameters
            if item.default is not item.empty and (problem := _fault_of(item.default))
        }

    def _by_name(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        names = self._positional
        if len(args) > len(names):
            message = f"{len(args)} positional arguments given: at most {len(names)} are allowed"
            raise self._refused([{"field": "args", "message": message}])
        named = dict(zip(names, args, strict=False))
        if twice := named.keys() & kwargs.keys():
            message = "Given twice: by position and by name"
            raise self._refused([{"field": name, "message": message} for name in sorted(twice)])
        return {**named, **kwargs}

    def _check(self, text: str | bytes) -> dict[str, Any]:
        try:
            return self._validate(text)
        except ValidationError as error:
            allowed = [item.name for item in self._parameters]
            raise self._refused(faults_of(error, text, allowed=allowed)) from None

    def _refused(self, errors: list[Fault]) -> InvalidArguments:
        return InvalidArguments(name=self._name, errors=errors)


class LooseArguments:
    """Bound to the signature and no more.

    For functions declared by Django's own decorator that take `*args` or `**kwargs`, or whose
    annotations have no JSON form.
    """

    def __init__(
        self, func: Callable[..., Any], *, name: str, takes_context: bool, reason: str
    ) -> None:
        self.reason = reason
        self._name = name
        self._signature = inspect.Signature(parameters(func, takes_context=takes_context))

    def encode(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> EncodedArguments:
        """See `Arguments`."""
        self._bind(args, kwargs)
        limit = get_conf().argument_limit_bytes
        try:
            given = encode(list(args), limit_bytes=limit)
            named = encode(kwargs, limit_bytes=limit - len(given))
        except PayloadTooLarge:
            raise
        except PayloadError as error:
            raise self._refused(str(error)) from None
        return EncodedArguments(given.decode(), named.decode())

    def decode(
        self, args_text: str | bytes, kwargs_text: str | bytes
    ) -> tuple[list[Any], dict[str, Any]]:
        """See `Arguments`."""
        args, kwargs = from_json(args_text), from_json(kwargs_text)
        self._bind(args, kwargs)
        return args, kwargs

    def json_schema(self) -> dict[str, Any]:
        """See `Arguments`."""
        return {"title": self._name, "type": "object"}

    def _bind(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        try:
            self._signature.bind(*args, **kwargs)
        except TypeError as error:
            raise self._refused(str(error)) from None

    def _refused(self, message: str) -> InvalidArguments:
        return InvalidArguments(name=self._name, errors=[{"field": "args", "message": message}])


def _resolved(
    func: Callable[..., Any], *, name: str, takes_context: bool
) -> list[inspect.Parameter]:
    try:
        found = list(inspect.signature(func, eval_str=True).parameters.values())
    except Exception as error:
        missing = getattr(error, "name", None) or ""
        guilty = next(
            (str(item) for item in parameters(func, takes_context=False) if missing in str(item)),
            "of its result",
        )
        raise InvalidTaskType(
            name=name, problem=f"the annotation {guilty!r} cannot be resolved: {error}."
        ) from None
    return found[int(takes_context) :]


def _adapter(
    func: Callable[..., Any], given: list[inspect.Parameter], *, name: str
) -> TypeAdapter[dict[str, Any]]:
    fields = {}
    for item in given:
        hint = Any if item.annotation is item.empty else item.annotation
        fields[item.name] = (Required if item.default is item.empty else NotRequired)[hint]
    make: Any = TypedDict
    shape = make(func.__name__, fields)
    shape.__module__ = func.__module__
    shape.__pydantic_config__ = ConfigDict(extra="forbid", strict=True)
    try:
        adapter: TypeAdapter[dict[str, Any]] = TypeAdapter(shape)
        adapter.rebuild(raise_errors=True)
    except (PydanticUserError, PydanticUndefinedAnnotation) as error:
        raise InvalidTaskType(name=name, problem=str(error)) from None
    return adapter


def _blame(named: Mapping[str, Any], error: PayloadError) -> list[Fault]:
    """Which arguments make the whole unstorable, and why."""
    faults = {key: _fault_of(value) for key, value in named.items()}
    return [{"field": key, "message": message} for key, message in faults.items() if message] or [
        {"field": "args", "message": str(error)}
    ]


def _fault_of(value: object) -> str:
    try:
        encode(value, limit_bytes=get_conf().argument_limit_bytes)
    except PayloadError as error:
        return str(error)
    return ""

"""The API's description of itself, as a judge of its answers."""

import re
from functools import cache
from typing import Any

import orjson
from django.http import HttpResponseBase
from django.urls import resolve
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from jsonschema import Draft202012Validator

SITE = "taskqueue_site.urls"


@cache
def description() -> dict[str, Any]:
    """What `/api/schema` tells."""
    generator = SchemaGenerator(urlconf=SITE)
    told: dict[str, Any] = orjson.loads(
        OpenApiJsonRenderer().render(generator.get_schema(request=None, public=True))
    )
    return told


def operation(method: str, path: str) -> dict[str, Any] | None:
    """The call at an address; None where none is described, as at its synonyms."""
    address = path.partition("?")[0].rstrip("/")
    for pattern, methods in _addresses():
        if pattern.fullmatch(address) and resolve(address, SITE).url_name:
            found: dict[str, Any] | None = methods.get(method.lower())
            return found
    return None


def judge(method: str, path: str, response: HttpResponseBase) -> None:
    """Fail on an answer that the description does not foresee; other addresses are not judged."""
    call = operation(method, path)
    if call is None:
        return
    told = f"{method} {path} answered {response.status_code}"
    answers = call["responses"]
    assert str(response.status_code) in answers, f"{told}, which is not described"
    content = answers[str(response.status_code)]["content"]
    kind = response.headers["Content-Type"]
    assert kind in content, f"{told} as {kind}, which is not described"
    if not response.streaming:
        body = orjson.loads(response.content)  # type: ignore[attr-defined]
        faults = [
            fault.message for fault in _validator(_key(content[kind]["schema"])).iter_errors(body)
        ]
        assert not faults, f"{told}: {faults[:3]}"


@cache
def _addresses() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    """The most literal first."""
    paths = sorted(description()["paths"].items(), key=lambda item: item[0].count("{"))
    return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), methods) for path, methods in paths]


def _key(schema: dict[str, Any]) -> bytes:
    return orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)


@cache
def _validator(schema: bytes) -> Draft202012Validator:
    return Draft202012Validator(orjson.loads(schema) | {"components": description()["components"]})

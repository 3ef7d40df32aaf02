"""The API's description of itself."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command

from dashboard import streams
from jobs.api import urls
from jobs.selectors import explain

pytestmark = pytest.mark.django_db

CALLS = [*urls.CALLS, *streams.CALLS]


@pytest.fixture
def schema(api):
    response = api.get("schema")
    assert response.headers["Content-Type"] == "application/json"
    return response.json()


def operations(schema):
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_the_schema_is_valid_and_complete_without_a_warning(tmp_path):
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema"))


def test_the_schema_is_openapi_3_1_and_has_every_call_once(schema):
    assert schema["openapi"].startswith("3.1.")
    named = {
        "/api/" + re.sub(r"<str:(\w+)>", r"{\1}", route)
        for route, _, name in CALLS
        if name and name != "schema"
    }
    assert set(schema["paths"]) == named


def test_every_call_is_described_with_its_errors(schema):
    for method, path, operation in operations(schema):
        assert operation["summary"], (method, path)
        for status in ("401", "403"):
            content = operation["responses"][status]["content"]
            assert list(content) == ["application/problem+json"], (method, path)


def test_every_example_of_the_schema_works_as_it_stands(api, root, schema):
    api.client = root
    tried = 0
    for method, path, operation in operations(schema):
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        for example in body.get("examples", {}).values():
            address = path.removeprefix("/api/").format(name="low")
            response = api.send(method, address, json.dumps(example["value"]).encode())
            assert response.status_code in {200, 202}, (method, path, example, response.content)
            tried += 1
    assert tried >= 13


def test_the_documentation_page_loads_nothing_from_elsewhere(client):
    page = client.get("/docs")

    assert page.status_code == 200
    html = page.content.decode()
    sources = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert len(sources) >= 4
    for source in sources:
        assert source.startswith("/")
        if source.startswith("/static/"):
            assert finders.find(source.removeprefix("/static/").partition("?")[0]), source
        else:
            script = client.get(source)
            assert script.headers["Content-Type"].startswith("application/javascript")
            assert b"/api/schema" in script.content
    assert "<script>" not in html
    assert "<style" not in html


@pytest.mark.parametrize("path", ["/docs/", "/api/schema/"])
def test_a_trailing_slash_is_no_redirect(client, path):
    assert client.get(path).status_code == 200


def test_the_page_of_the_api_names_every_call_and_every_reason():
    page = (settings.BASE_DIR / "docs" / "api.md").read_text()

    for route, _, name in CALLS:
        if name:
            address = re.sub(r"<str:(?:task|operation)_id>", "{id}", route)
            address = address.replace("<str:name>", "{name}")
            assert f"/api/{address}" in page
    source = Path(explain.__file__).read_text()
    codes = set(re.findall(r'Reason\(\s*"(\w+)"', source))
    assert len(codes) > 15
    assert {code for code in codes if f"`{code}`" not in page} == set()


def test_streams_are_described_as_streams(schema):
    for path in ("/api/events", "/api/tasks/{task_id}/events"):
        described = schema["paths"][path]["get"]["responses"]["200"]["content"]
        assert list(described) == ["text/event-stream"]

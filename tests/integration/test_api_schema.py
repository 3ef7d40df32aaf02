"""The API's description of itself."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command

from dashboard import streams
from jobs import exceptions
from jobs.api import urls
from jobs.api.answers.problem import PROBLEMS
from jobs.domain.workers import Instruction
from jobs.models import WorkerLease
from jobs.selectors import explain
from tests.support.failures import make_failure
from tests.support.webhooks import make_webhook

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


def test_whatever_the_schema_refers_to_is_in_it(schema):
    text = json.dumps(schema)
    names = set(re.findall(r'"\$ref": "#/components/schemas/([^"/]+)"', text))

    assert text.count('"$ref"') == len(re.findall(r'"\$ref": "#/components/schemas/', text))
    assert names <= schema["components"]["schemas"].keys()


def test_every_call_names_the_problems_it_may_answer_with(schema):
    found = set()
    for method, path, operation in operations(schema):
        assert operation["summary"], (method, path)
        assert operation["security"], (method, path)
        for status in {"400", "401", "403", "500", "503"}:
            assert status in operation["responses"], (method, path)
        for status, answer in operation["responses"].items():
            assert answer["description"], (method, path)
            for shape in problems(answer):
                codes = shape["allOf"][1]["properties"]["code"]["enum"]
                assert {PROBLEMS[code] for code in codes} == {int(status)}, (method, path)
                found.update(codes)
        writes = method != "GET"
        (refused,) = problems(operation["responses"]["403"])
        codes = refused["allOf"][1]["properties"]["code"]["enum"]
        assert ("csrf_failed" in codes) is writes, (method, path)
    assert found == PROBLEMS.keys() - {"method_not_allowed"}


def problems(answer):
    content = answer.get("content", {})
    return [content[kind]["schema"] for kind in content if kind == "application/problem+json"]


def test_every_error_of_a_service_that_a_caller_may_meet_has_its_status():
    kinds = [kind for kind in vars(exceptions).values() if isinstance(kind, type)]
    codes = {kind.code for kind in kinds if kind is not exceptions.TaskQueueError}
    inside = {"audit_is_kept", "duplicate_task_name", "invalid_task_type", "not_in_task", "revoked"}

    assert codes - inside <= PROBLEMS.keys()


def test_what_may_be_nothing_is_told_as_openapi_3_1_tells_it(schema):
    text = json.dumps(schema)
    line = schema["components"]["schemas"]["TaskLine"]["properties"]

    assert '"nullable"' not in text
    assert line["worker"]["anyOf"] == [{"type": "string"}, {"type": "null"}]


def test_every_example_of_a_parameter_works_as_it_stands(api, schema):
    tried = 0
    for _, path, operation in operations(schema):
        for parameter in operation.get("parameters", []):
            for example in parameter["schema"].get("examples", []):
                response = api.get(path.removeprefix("/api/"), **{parameter["name"]: example})
                assert response.status_code == 200, (path, example, response.content)
                tried += 1
    assert tried >= 10


def test_every_example_of_the_schema_works_as_it_stands(api, root, schema):
    api.client = root
    failure = make_failure().pk
    webhook = make_webhook()
    tried = 0
    for method, path, operation in operations(schema):
        WorkerLease.objects.update_or_create(
            name="low", defaults={"host": "h1", "pid": 7, "instruction": Instruction.WORK}
        )
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        for example in body.get("examples", {}).values():
            address = path.removeprefix("/api/").format(
                name="add" if "task-types" in path else "low",
                webhook_id=webhook.pk,
                fingerprint=failure,
            )
            response = api.send(method, address, json.dumps(example["value"]).encode())
            assert response.status_code in {200, 201, 202}, (
                method,
                path,
                example,
                response.content,
            )
            tried += 1
    assert tried >= 19


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
            address = re.sub(r"<str:\w+_id>", "{id}", route)
            address = re.sub(r"<str:(name|fingerprint)>", r"{\1}", address)
            assert f"/api/{address}" in page
    source = Path(explain.__file__).read_text()
    codes = set(re.findall(r'Reason\(\s*"(\w+)"', source))
    assert len(codes) > 15
    assert {code for code in codes if f"`{code}`" not in page} == set()


def test_the_page_of_the_api_names_every_code_with_its_status():
    page = (settings.BASE_DIR / "docs" / "api.md").read_text()
    table = page[page.index("| status | code |") :].partition("\n\n")[0]

    told = {}
    for row in table.splitlines()[2:]:
        statuses, codes = row.strip("| ").split(" | ")
        groups = codes.split(";") if "," in statuses else [codes]
        for status, group in zip(statuses.split(","), groups, strict=True):
            told |= dict.fromkeys(re.findall(r"`(\w+)`", group), int(status))
    assert {code: told.get(code) for code in PROBLEMS} == PROBLEMS


#: Names of what has to be there, searches and labels: what they may be is a rule of its own.
RULED = {"depends_on", "name", "queue", "search", "tags", "task_type", "task_types", "type"}
RULED |= {"assignee", "unique_key", "url"}


def free_texts(part, schema, name="body"):
    """The names of the texts in a request that are told no shape."""
    if "$ref" in part:
        part = schema["components"]["schemas"][part["$ref"].rpartition("/")[2]]
    shapes = {"pattern", "format", "enum", "const"}
    if "string" in part.get("type", ()) and not shapes & part.keys():
        yield name
    for each in part.get("anyOf", []):
        yield from free_texts(each, schema, name)
    for field, each in part.get("properties", {}).items():
        yield from free_texts(each, schema, field)
    if "items" in part:
        yield from free_texts(part["items"], schema, name)


def test_texts_that_may_hold_no_nul_say_so(schema):
    bodies = [
        operation["requestBody"]["content"]["application/json"]["schema"]
        for _, _, operation in operations(schema)
        if "requestBody" in operation
    ]

    assert {name for body in bodies for name in free_texts(body, schema)} == RULED


def test_streams_are_described_as_streams(schema):
    for path in ("/api/events", "/api/tasks/{task_id}/events"):
        described = schema["paths"][path]["get"]["responses"]["200"]["content"]
        assert list(described) == ["text/event-stream"]

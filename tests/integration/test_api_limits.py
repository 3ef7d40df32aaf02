"""Bodies that would cost more than they may are refused before they are parsed."""

import pytest

from tests.support.api import fields_of, problem_of

pytestmark = pytest.mark.django_db

MANY = {
    "empty lists": b"[],",
    "empty objects": b"{},",
    "numbers": b"1,",
    "members": b'"a":1,',
}


@pytest.mark.parametrize("piece", MANY.values(), ids=MANY)
def test_a_body_with_too_many_values_is_413_before_it_is_parsed(api, piece):
    # given a body that is within the limit of bytes, and no JSON: parsing it would be a 400
    body = b'{"tasks": [' + piece * 1_000_000 + b"nonsense"
    assert len(body) < 2**24

    problem = problem_of(api.send("POST", "tasks/bulk", body), 413, "too_many_values")

    assert problem["detail"] == "The body holds more than 1,000,000 values, the most a call takes."


def test_what_stands_inside_texts_is_no_value(api):
    # given a text that holds more commas and brackets than a body may hold values
    text = b'a, [b], {c: \\\\} \\" ' * 400_000
    body = b'{"tasks": [{"task_type": "nothing", "data": "' + text + b'"}]}'

    problem = problem_of(api.send("POST", "tasks/bulk", body), 400, "invalid_input")

    assert fields_of(problem) == ["tasks.0.task_type"]


@pytest.mark.parametrize("piece", [b'"', b'\\"', b"\\\\", b"\\", b'"\\'])
def test_hostile_quotes_cost_no_more_than_their_length(api, piece):
    # given a body that would take hours if its cost rose with the square of its length
    body = b"," * 1_000_001 + piece * (10_000_000 // len(piece))

    problem_of(api.send("POST", "tasks/bulk", body), 413, "too_many_values")


@pytest.mark.parametrize("piece", [b"[", b'{"a":'])
def test_a_body_that_is_nested_far_too_deep_is_told_so(api, piece):
    problem = problem_of(api.send("POST", "tasks", piece * 100_000), 400, "parse_error")

    assert problem["detail"] == "The body is nested too deep."

"""Two looks at a row, and the events between them."""

from typing import Any

import pytest

from dashboard.events import connected, events_between, final

PENDING: dict[str, Any] = {
    "task_id": "t1",
    "status": "PENDING",
    "attempt_count": 0,
    "retry_count": 0,
    "max_retries": 3,
    "error": None,
    "result": None,
    "progress": None,
    "log_tail": None,
    "worker": None,
    "started_at": None,
    "finished_at": None,
    "run_after": None,
}
STARTED = PENDING | {"status": "STARTED", "worker": "w1"}
RETRY = PENDING | {"status": "RETRY", "attempt_count": 1, "retry_count": 1, "error": "boom"}
AGAIN = STARTED | {"attempt_count": 1}
SUCCESS = PENDING | {"status": "SUCCESS", "attempt_count": 1, "result": 3}
SECOND_SUCCESS = SUCCESS | {"attempt_count": 2}
FAILURE = PENDING | {"status": "FAILURE", "attempt_count": 1, "error": "boom"}
HALF = STARTED | {"progress": {"current": 1, "total": 2, "percent": 50.0, "message": "half"}}


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        (PENDING, PENDING, []),
        (PENDING, STARTED, ["started"]),
        (PENDING, SUCCESS, ["started", "completed"]),
        (PENDING, FAILURE, ["started", "failed"]),
        (PENDING, PENDING | {"status": "REVOKED"}, ["revoked"]),
        (PENDING | {"status": "BLOCKED"}, PENDING | {"status": "FAILURE"}, ["failed"]),
        (PENDING, SECOND_SUCCESS, ["started", "retry", "started", "completed"]),
        (PENDING, AGAIN, ["started", "retry", "started"]),
        (STARTED, SUCCESS, ["completed"]),
        (STARTED, FAILURE, ["failed"]),
        (STARTED, RETRY, ["retry"]),
        (STARTED, AGAIN, ["retry", "started"]),
        (STARTED, PENDING | {"status": "REVOKED", "attempt_count": 1}, ["revoked"]),
        (STARTED, HALF, ["progress"]),
        (STARTED, STARTED | {"log_tail": "hello"}, ["log"]),
        (HALF | {"log_tail": "a"}, HALF | {"log_tail": "a\nb"}, ["log"]),
        (STARTED | {"log_tail": "hello"}, STARTED, []),
        (HALF, HALF, []),
        (HALF, HALF | {"status": "SUCCESS", "attempt_count": 1}, ["completed"]),
        (PENDING, HALF, ["started", "progress"]),
        (STARTED, PENDING, []),
        (RETRY, PENDING | {"attempt_count": 1}, []),
        (RETRY, SECOND_SUCCESS, ["started", "completed"]),
    ],
)
def test_no_step_between_two_looks_is_skipped(
    before: dict[str, Any], after: dict[str, Any], names: list[str]
) -> None:
    assert [event["event"] for event in events_between(before, after)] == names


def test_the_first_message_holds_the_whole_task() -> None:
    assert connected(PENDING) == {"event": "connected", "data": PENDING}


@pytest.mark.parametrize(
    ("facts", "field", "value"),
    [(SUCCESS, "result", 3), (FAILURE, "error", "boom")],
)
def test_the_final_event_tells_how_it_ended(
    facts: dict[str, Any], field: str, value: object
) -> None:
    data = final(facts)["data"]
    assert data[field] == value
    assert data["task_id"] == "t1"


def test_progress_is_told_in_its_four_fields() -> None:
    (event,) = events_between(STARTED, HALF)
    data = event["data"]
    assert (data["current"], data["total"], data["percent"], data["message"]) == (
        1,
        2,
        50.0,
        "half",
    )

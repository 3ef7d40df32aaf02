"""What a running task sees of itself."""

import asyncio
import threading
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from jobs import current_task
from jobs.domain.running import RunningTask, running
from jobs.exceptions import NotInTask


def make_running(**given: Any) -> RunningTask:
    options: dict[str, Any] = {
        "task_id": "id-1",
        "name": "tests.x",
        "attempt": 2,
        "max_retries": 3,
        "report": lambda said: None,
        "should_stop": lambda: False,
    }
    return RunningTask(**options | given)


def test_outside_a_task_there_is_none_and_the_error_says_so() -> None:
    with pytest.raises(NotInTask, match="No task runs here"):
        current_task()


def test_inside_it_is_seen_and_afterwards_no_more() -> None:
    # given a task that runs inside another's block, as in a user's test
    outer, inner = make_running(task_id="outer"), make_running(task_id="inner")

    # then each block sees its own
    with running(outer):
        with running(inner):
            assert current_task() is inner
        assert current_task() is outer
    with pytest.raises(NotInTask):
        current_task()


def test_it_follows_coroutines_and_their_threads_but_not_threads_of_the_tasks_own() -> None:
    async def look() -> list[RunningTask]:
        return [
            await asyncio.create_task(sync_to_async(current_task)()),
            await asyncio.to_thread(current_task),
        ]

    seen: list[object] = []

    def look_from_thread() -> None:
        try:
            seen.append(current_task())
        except NotInTask as error:
            seen.append(error)

    # when a task looks from everywhere
    with running(make_running()) as task:
        assert asyncio.run(look()) == [task, task]
        thread = threading.Thread(target=look_from_thread)
        thread.start()
        thread.join(10)

    # then only its own thread does not know it
    assert isinstance(seen[0], NotInTask)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((1, 4, "half"), {"current": 1, "total": 4, "percent": 25.0, "message": "half"}),
        ((2, 3), {"current": 2, "total": 3, "percent": 66.7, "message": ""}),
        ((7,), {"current": 7, "total": None, "percent": None, "message": ""}),
        ((5, 4), {"current": 5, "total": 4, "percent": 100.0, "message": ""}),
        ((-1, 4), {"current": -1, "total": 4, "percent": 0.0, "message": ""}),
        ((1, 1, "a\0b"), {"current": 1, "total": 1, "percent": 100.0, "message": "a\ufffdb"}),
    ],
)
def test_progress_is_reported_with_its_share(given: Any, said: dict[str, Any]) -> None:
    reports: list[dict[str, Any]] = []
    make_running(report=reports.append).progress(*given)
    assert reports == [said]


def test_a_long_message_is_cut_rather_than_refused() -> None:
    reports: list[dict[str, Any]] = []
    make_running(report=reports.append).progress(1, message="x" * 10_000)
    assert len(reports[0]["message"]) == 500


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ((float("nan"),), "current is nan"),
        ((1, 0), "total is 0"),
        ((1, float("inf")), "total is inf"),
    ],
)
def test_progress_that_is_no_number_is_refused(given: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make_running().progress(*given)


def test_a_request_to_stop_is_seen() -> None:
    orders = [False, True]
    task = make_running(should_stop=lambda: orders.pop(0))
    assert [task.stop_requested, task.stop_requested] == [False, True]

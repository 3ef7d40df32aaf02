"""When a work-horse has done enough."""

from jobs.domain.processes import memory_mb
from jobs.worker.options import WorkerOptions
from jobs.worker.recycling import Recycling


def test_without_limits_it_never_has() -> None:
    recycling = Recycling(WorkerOptions())

    assert recycling.left_to_begin(1_000_000) == float("inf")
    assert recycling.reason(1_000_000) == ""


def test_it_may_begin_as_many_tasks_as_its_limit_says() -> None:
    recycling = Recycling(WorkerOptions(max_tasks_per_horse=3))

    assert [recycling.left_to_begin(begun) for begun in range(4)] == [3, 2, 1, 0]
    assert recycling.reason(2) == ""
    assert recycling.reason(3) == "it has run 3 tasks (max-tasks-per-horse 3)"


def test_one_that_is_too_large_from_the_start_runs_a_task_all_the_same() -> None:
    # given a limit below what this process holds
    recycling = Recycling(WorkerOptions(max_memory_mb=1))

    # then it takes a first task, and no second
    assert recycling.left_to_begin(0) == float("inf")
    assert recycling.left_to_begin(1) == 0
    assert f"it holds {memory_mb():.0f}"[:-2] in recycling.reason(1)


def test_one_that_is_small_enough_goes_on() -> None:
    recycling = Recycling(WorkerOptions(max_memory_mb=1_000_000))

    assert not recycling.is_too_large(1)
    assert recycling.reason(10) == ""

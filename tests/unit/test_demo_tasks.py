"""The demo tasks, as their documentation has them."""

from typing import Any

import pytest
from django.test import override_settings

from jobs.domain.registry import registry
from jobs.domain.running import RunningTask
from jobs.exceptions import InvalidArguments
from jobs.tasks import demo
from jobs.tasks.demo import DemoFailure

PAYLOADS: dict[str, dict[str, Any]] = {
    "send_email": {"to": "a@example.org", "subject": "s", "body": "b"},
    "process_payment": {"user_id": 7, "amount": 99.99, "currency": "USD"},
    "generate_report": {"report_type": "sales", "user_id": 7, "date_range": "2026-01"},
    "data_pipeline": {"source": "s3", "destination": "db", "record_count": 1001},
    "add": {"x": 2, "y": 3.5},
    "process": {"data": {"any": [1, None]}},
    "calculate": {"data": [1, 2]},
    "heavy_task": {"data": "x"},
}


def run(name: str, reports: list[dict[str, Any]] | None = None) -> Any:
    """The result of the documented payload, by the road a worker takes."""
    task_type = registry.get(name)
    args, kwargs = task_type.arguments.decode(*task_type.arguments.encode((), PAYLOADS[name]))
    context = RunningTask(
        task_id="id-1",
        name=name,
        attempt=1,
        max_retries=0,
        report=(reports if reports is not None else []).append,
        should_stop=lambda: False,
    )
    leading = [context] if task_type.takes_context else []
    return task_type.func(*leading, *args, **kwargs)


@pytest.mark.parametrize(
    ("name", "queue", "max_retries"),
    [
        ("send_email", "high", 5),
        ("process_payment", "high", 3),
        ("generate_report", "low", 2),
        ("data_pipeline", "low", 2),
        ("add", "default", 3),
        ("process", "default", 3),
        ("calculate", "default", 3),
        ("heavy_task", "default", 3),
    ],
)
def test_queue_and_retries_are_as_documented(name: str, queue: str, max_retries: int) -> None:
    task_type = registry.get(name)
    assert (task_type.queue, task_type.max_retries) == (queue, max_retries)


@pytest.mark.parametrize(
    ("name", "result"),
    [
        ("send_email", {"status": "sent", "to": "a@example.org", "subject": "s"}),
        (
            "process_payment",
            {"status": "charged", "user_id": 7, "amount": 99.99, "currency": "USD"},
        ),
        ("generate_report", {"status": "ready", "report_type": "sales", "user_id": 7}),
        ("data_pipeline", {"status": "done", "records_processed": 1001}),
        ("process", {"processed": {"any": [1, None]}}),
        ("calculate", {"processed": [1, 2]}),
        ("heavy_task", {"processed": "x"}),
    ],
)
def test_the_result_holds_what_is_documented(name: str, result: dict[str, Any]) -> None:
    assert result.items() <= run(name).items()


def test_results_that_name_something_name_something_new_each_time() -> None:
    for name, key in (
        ("send_email", "message_id"),
        ("process_payment", "transaction_id"),
        ("generate_report", "url"),
    ):
        assert run(name)[key] != run(name)[key]


def test_add_adds() -> None:
    assert run("add") == 5.5


@pytest.mark.parametrize(("name", "steps"), [("generate_report", 4), ("data_pipeline", 10)])
def test_the_long_ones_report_progress_to_the_end(name: str, steps: int) -> None:
    # when it runs
    reports: list[dict[str, Any]] = []
    run(name, reports)

    # then its progress rises to 100 % in as many steps as documented
    percents = [report["percent"] for report in reports]
    assert len(percents) >= steps
    assert percents == sorted(percents)
    assert percents[-1] == 100


@pytest.mark.parametrize(
    ("name", "rate", "documented"),
    [("send_email", 10, True), ("process_payment", 5, True), ("generate_report", 10, False)],
)
def test_failures_follow_the_documented_rates(name: str, rate: int, documented: bool) -> None:
    # when its failure rate is multiplied to certainty
    with override_settings(JOBS={"DEMO_SPEED": 0, "DEMO_FAILURES": rate}):
        # then it fails, if it is documented to fail at all
        if documented:
            with pytest.raises(DemoFailure):
                run(name)
        else:
            run(name)


@pytest.mark.parametrize(
    ("name", "shortest", "longest"),
    [
        ("send_email", 1, 3),
        ("process_payment", 2, 4),
        ("generate_report", 8, 16),
        ("data_pipeline", 10, 20),
    ],
)
def test_durations_are_as_documented_times_the_speed(
    name: str, shortest: float, longest: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a clock in place of waiting, and half the documented duration
    slept: list[float] = []
    monkeypatch.setattr(demo.time, "sleep", slept.append)

    # when it runs
    with override_settings(JOBS={"DEMO_SPEED": 0.5, "DEMO_FAILURES": 0}):
        run(name)

    # then it asked for as long as is documented
    assert shortest / 2 <= sum(slept) <= longest / 2


@pytest.mark.parametrize(
    ("name", "wrong", "field"),
    [
        ("send_email", {"to": 1}, "to"),
        ("process_payment", {"amount": 0}, "amount"),
        ("process_payment", {"amount": "much"}, "amount"),
        ("process_payment", {"currency": ""}, "currency"),
        ("data_pipeline", {"record_count": -1}, "record_count"),
        ("add", {"x": "2"}, "x"),
    ],
)
def test_a_payload_that_makes_no_sense_is_refused(
    name: str, wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidArguments) as refusal:
        registry.get(name).arguments.encode((), PAYLOADS[name] | wrong)
    assert field in {error["field"] for error in refusal.value.errors}

"""Task types to try the queue with; `JOBS` says how long they take and how often they fail."""

import random
import time
import uuid
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field

from jobs import RetryPolicy, task
from jobs.conf import get_conf
from jobs.domain.running import RunningTask

#: 2, 4, 8, 16, 32 s: exactly, as their documentation says.
DOUBLING = RetryPolicy(first_seconds=2.0, factor=2.0, jitter=0.0)

_random = random.SystemRandom()


class DemoFailure(Exception):
    """A failure that a demo task plays."""


def _work(shortest_seconds: float, longest_seconds: float) -> None:
    time.sleep(_random.uniform(shortest_seconds, longest_seconds) * get_conf().demo_speed)


def _fail_sometimes(rate: float, message: str) -> None:
    if _random.random() < rate * get_conf().demo_failures:
        raise DemoFailure(message)


@task(name="send_email", queue_name="high", max_retries=5, backoff=DOUBLING)
def send_email(
    to: Annotated[str, Field(examples=["ada@example.org"])],
    subject: Annotated[str, Field(examples=["Your order"])],
    body: Annotated[str, Field(examples=["Thank you. It is on its way."])],
) -> dict[str, Any]:
    """Pretend to send an e-mail: 1 to 3 s, one in ten fails."""
    _work(1, 3)
    _fail_sometimes(0.1, "the mail server did not answer")
    return {"status": "sent", "to": to, "subject": subject, "message_id": f"msg-{uuid.uuid4().hex}"}


@task(name="process_payment", queue_name="high", max_retries=3, backoff=DOUBLING)
def process_payment(
    user_id: Annotated[int | str, Field(examples=[7])],
    amount: Annotated[Decimal, Field(gt=0, allow_inf_nan=False, examples=["49.90"])],
    currency: Annotated[str, Field(min_length=1, max_length=10, examples=["EUR"])],
) -> dict[str, Any]:
    """Pretend to charge a card: 2 to 4 s, one in five fails."""
    _work(2, 4)
    _fail_sometimes(0.2, "the payment gateway timed out")
    return {
        "status": "charged",
        "user_id": user_id,
        "amount": float(amount),
        "currency": currency,
        "transaction_id": f"txn-{uuid.uuid4().hex}",
    }


@task(name="generate_report", queue_name="low", max_retries=2, backoff=DOUBLING, takes_context=True)
def generate_report(
    context: RunningTask,
    report_type: Annotated[str, Field(examples=["sales"])],
    user_id: Annotated[int | str, Field(examples=[7])],
    date_range: Annotated[
        str | list[str] | dict[str, str], Field(examples=[["2026-01-01", "2026-01-31"]])
    ],
) -> dict[str, Any]:
    """Pretend to write a report: 8 to 16 s, in four stages."""
    stages = ("collecting", "computing", "drawing", "publishing")
    for done, stage in enumerate(stages):
        context.progress(done, len(stages), stage)
        _work(2, 4)
    context.progress(len(stages), len(stages), "ready")
    return {
        "status": "ready",
        "report_type": report_type,
        "user_id": user_id,
        "date_range": date_range,
        "url": f"/reports/{uuid.uuid4().hex}.pdf",
    }


@task(name="data_pipeline", queue_name="low", max_retries=2, backoff=DOUBLING, takes_context=True)
def data_pipeline(
    context: RunningTask,
    source: Annotated[str, Field(examples=["orders"])],
    destination: Annotated[str, Field(examples=["archive"])],
    record_count: Annotated[int, Field(ge=0, examples=[1000])],
) -> dict[str, Any]:
    """Pretend to move records: 10 to 20 s, in ten batches."""
    batches = 10
    for batch in range(1, batches + 1):
        _work(1, 2)
        context.progress(record_count * batch // batches, record_count or None, f"batch {batch}")
    return {
        "status": "done",
        "source": source,
        "destination": destination,
        "records_processed": record_count,
    }


@task(name="add")
def add(x: int | float, y: int | float) -> int | float:
    """Add two numbers."""
    return x + y


@task(name="process")
def process(data: Any) -> dict[str, Any]:
    """Pretend to process something: 0.1 to 0.3 s."""
    _work(0.1, 0.3)
    return {"processed": data}


@task(name="calculate")
def calculate(data: Any) -> dict[str, Any]:
    """Pretend to calculate something: 0.1 to 0.3 s."""
    _work(0.1, 0.3)
    return {"processed": data}


@task(name="heavy_task")
def heavy_task(data: Any) -> dict[str, Any]:
    """Pretend to work hard: 1 to 2 s."""
    _work(1, 2)
    return {"processed": data}

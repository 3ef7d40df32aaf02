"""A shop's task types, whose every run ends as the pictures want it."""

import logging
import threading

from jobs import RetryPolicy, task
from jobs.domain.running import RunningTask

logger = logging.getLogger("shop.catalogue")

AT_ONCE = RetryPolicy(first_seconds=0, jitter=0)
LATER = RetryPolicy(first_seconds=900, jitter=0)


class GatewayTimeout(Exception):
    """The payment gateway stays silent."""


class CardDeclined(Exception):
    """The bank said no."""


class WarehouseUnreachable(Exception):
    """The warehouse stays silent."""


@task(name="import_catalogue", queue_name="low", takes_context=True)
def import_catalogue(context: RunningTask, supplier: str, records: int) -> None:
    """Run until somebody stops it, five eighths done."""
    for page in range(1, 26):
        logger.info("page %d of 40: %d records of %s", page, records // 40, supplier)
    context.progress(records * 5 // 8, records, "reading page 25 of 40")
    threading.Event().wait()


@task(name="sync_stock", max_retries=3, backoff=LATER)
def sync_stock(warehouse: str, order: int) -> None:
    """Fail, and wait a quarter of an hour for the next attempt."""
    raise WarehouseUnreachable(f"{warehouse}.example.com did not answer within 10 s")


@task(name="print_label", queue_name="high", max_retries=0)
def print_label(order: int, carrier: str) -> None:
    """Fail for good, for a reason that is the caller's."""
    raise KeyError(f"no carrier {carrier!r}")


@task(
    name="capture_payment", queue_name="high", max_retries=2, backoff=RetryPolicy(first_seconds=0)
)
def capture_payment(order: int, amount: str, currency: str) -> None:
    """Fail for good."""
    try:
        _ask_gateway(order)
    except GatewayTimeout as error:
        raise CardDeclined(f"order {order}: {amount} {currency} not captured") from error


def _ask_gateway(order: int) -> None:
    raise GatewayTimeout(f"no answer to capture {order} within 30 s")

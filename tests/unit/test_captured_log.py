"""What is kept of a task's log."""

import logging
import threading
from collections.abc import Iterator

import pytest
from django.test import override_settings

from jobs.worker.captured_log import CapturedLog, CapturingHandler


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    """A logger whose records are captured as in a work-horse, three of them and 400 bytes."""
    with override_settings(JOBS={"LOG_LIMIT_RECORDS": 3, "LOG_LIMIT_BYTES": 400}):
        handler = CapturingHandler()
    logger = logging.Logger("shop")
    logger.addHandler(handler)
    return logger


def test_records_are_kept_in_order_with_time_level_and_logger(logger: logging.Logger) -> None:
    with CapturedLog() as log:
        logger.info("first %d", 1)
        logger.warning("second")

    first, second = log.text().splitlines()
    assert first.endswith(" INFO shop: first 1")
    assert second.endswith(" WARNING shop: second")


def test_records_below_the_level_are_left_out(logger: logging.Logger) -> None:
    with CapturedLog() as log:
        logger.debug("detail")

    assert log.text() == ""


def test_what_is_logged_outside_is_nobodys(logger: logging.Logger) -> None:
    logger.info("before")
    with CapturedLog() as log:
        thread = threading.Thread(target=logger.info, args=("from a thread of its own",))
        thread.start()
        thread.join()
    logger.info("after")

    assert log.text() == ""


def test_the_last_records_are_kept_under_a_line_that_counts_the_others(
    logger: logging.Logger,
) -> None:
    with CapturedLog() as log:
        for number in range(10):
            logger.info("record %d", number)

    note, *lines = log.text().splitlines()
    assert [line[-8:] for line in lines] == ["record 7", "record 8", "record 9"]
    length = len(lines[0])
    assert note == f"[7 records before this, {7 * length} bytes, cut]"


def test_text_beyond_the_bytes_is_cut_from_its_beginning(logger: logging.Logger) -> None:
    with CapturedLog() as log:
        logger.info("short")
        logger.info("%s end", "é" * 1000)

    note, text = log.text().splitlines()
    assert note.startswith("[1 records before this, 1,")
    assert text.endswith("é end")
    assert 395 <= len(text.encode()) <= 400


def test_what_no_column_takes_is_replaced(logger: logging.Logger) -> None:
    with CapturedLog() as log:
        logger.info("nul \0 half \ud800")

    assert log.text().endswith("nul \ufffd half ?")


def test_a_record_that_cannot_be_formatted_is_told_and_does_no_harm(
    logger: logging.Logger,
) -> None:
    with CapturedLog() as log:
        logger.info("%d", "no number")

    assert log.text() == "(a record of shop cannot be formatted: TypeError)"


def test_an_exception_comes_with_its_traceback(logger: logging.Logger) -> None:
    with CapturedLog() as log:
        try:
            int("no number")
        except ValueError:
            logger.exception("failed")

    assert log.text().endswith("base 10: 'no number'")
    assert "Traceback" in log.text()

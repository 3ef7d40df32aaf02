"""Tracebacks and logs, taken apart."""

from jobs.domain.captured import LogRecord, records
from jobs.domain.tracebacks import application_part

OWN = '  File "/srv/shop/invoices.py", line 81, in charge\n    gateway.charge(1)\n    ~~~~~~^^^'
LIBRARY = (
    '  File "/srv/.venv/lib/python3.11/site-packages/httpx/_client.py", line 9, in send\n    x'
)
STANDARD = '  File "/usr/lib/python3.11/socket.py", line 7, in connect\n    y'
QUEUE = '  File "/srv/jobs/worker/executors.py", line 80, in run\n    z'
HEAD, END = (
    "Traceback (most recent call last):",
    "httpx.Timeout: no answer\n  File a note, no frame",
)


def test_frames_of_libraries_are_told_as_their_number():
    text = "\n".join([HEAD, QUEUE, OWN, LIBRARY, STANDARD, END])
    assert application_part(text).splitlines() == [
        HEAD,
        "  … 1 frame of libraries …",
        *OWN.splitlines(),
        "  … 2 frames of libraries …",
        *END.splitlines(),
    ]


def test_a_traceback_of_libraries_alone_stays_whole():
    text = "\n".join([HEAD, LIBRARY, STANDARD, END])
    assert application_part(text) == text


def test_a_text_that_is_no_traceback_stays_as_it_is():
    for text in ("", "no traceback", "one\n\n  two"):
        assert application_part(text) == text


def test_a_chained_traceback_keeps_what_joins_its_parts():
    joint = "\nDuring handling of the above exception, another exception occurred:\n"
    text = "\n".join([HEAD, OWN, "ValueError: 1", joint, HEAD, LIBRARY, OWN, END])
    assert joint in application_part(text)


def test_a_log_is_its_records_with_all_their_lines():
    # given
    first = "2026-01-31 12:00:00,001 INFO shop: asked"
    second = "2026-01-31 12:00:00,002 ERROR shop: failed\nTraceback\n  x"

    # then
    assert list(records(f"[2 records before this, cut]\n{first}\n{second}")) == [
        LogRecord("", "[2 records before this, cut]"),
        LogRecord("INFO", first),
        LogRecord("ERROR", second),
    ]
    assert list(records("")) == []

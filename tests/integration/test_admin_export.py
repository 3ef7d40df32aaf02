"""Tasks of the list as files."""

import csv
import io
import json
import re

import pytest

from jobs.domain.rates import Rate
from jobs.models import AuditEntry
from tests.support.admin_actions import URL
from tests.support.rows import make_task
from tests.support.staff import client_of, said

pytestmark = pytest.mark.django_db


def export(client, kind, tasks, url=URL, **form):
    ticked = {"_selected_action": [str(task.pk) for task in tasks]}
    return client.post(url, {"action": f"export_{kind}", "index": "0"} | ticked | form)


def text_of(answer):
    assert answer.status_code == 200
    return b"".join(answer.streaming_content).decode()


def rows_of(answer):
    return list(csv.DictReader(io.StringIO(text_of(answer), newline="")))


def test_ticked_tasks_are_a_file_whose_name_tells_the_moment(root):
    # given
    first, second, other = (make_task(kwargs={"x": number}) for number in range(3))

    # when
    answer = export(root, "csv", [first, second])

    # then the newest first, and nothing else
    rows = rows_of(answer)
    assert [row["task_id"] for row in rows] == [str(second.pk), str(first.pk)]
    assert rows[1]["kwargs"] == '{"x":0}'
    named = answer.headers["Content-Disposition"]
    assert re.fullmatch(r'attachment; filename="tasks-\d{8}T\d{6}Z\.csv"', named)
    assert str(other.pk) not in str(rows)


def test_all_that_match_a_search_are_a_file_however_many_pages_they_are(root, monkeypatch):
    # given
    monkeypatch.setattr("jobs.selectors.export.PAYLOAD_CHUNK", 2)
    tasks = [make_task(kwargs={"order": 7}) for _ in range(5)]
    make_task(kwargs={"order": 8})

    # when
    url = f"{URL}?q=arg.order:7"
    answer = export(root, "json", tasks[:1], url=url, select_across="1")

    # then
    found = json.loads(text_of(answer))
    assert [row["task_id"] for row in found] == [str(task.pk) for task in reversed(tasks)]
    assert found[0]["kwargs"] == {"order": 7}


def test_a_file_withholds_what_its_reader_may_not_see():
    task = make_task(kwargs={"to": "ann"}, error="ValueError: ann", result="ann", state="FAILURE")

    for kind in ("csv", "json"):
        text = text_of(export(client_of("jobs.view_task", name=kind), kind, [task]))
        assert str(task.pk) in text
        assert "ann" not in text
        assert "kwargs" not in text


def test_secrets_are_in_no_file_and_no_cell_is_a_formula(root):
    task = make_task(
        kwargs={"password": "hunter2"}, error="=HYPERLINK(1)", submitted_by="@eve", state="FAILURE"
    )

    (row,) = rows_of(export(root, "csv", [task]))

    assert row["kwargs"] == '{"password":"[redacted]"}'
    assert (row["error"], row["submitted_by"]) == ("'=HYPERLINK(1)", "'@eve")


def test_who_exported_what_is_in_the_audit(root):
    task = make_task()

    text_of(export(root, "json", [task], url=f"{URL}?queue=default", select_across="1"))

    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.verb, entry.after) == ("root", "task.export", {"as": "json"})
    assert entry.filter["queue"] == "default"


def test_one_user_asks_for_so_many_files_a_minute(root, redis, monkeypatch):
    monkeypatch.setattr("jobs.admin.export.PACE", Rate(count=1, window_seconds=3600))
    task = make_task()
    text_of(export(root, "csv", [task]))

    answer = export(root, "csv", [task])

    assert answer.status_code == 302
    assert "try again in" in said(answer)


def test_who_may_not_search_for_payloads_gets_no_file_of_such_a_search():
    task = make_task(kwargs={"order": 7})
    client = client_of("jobs.view_task")

    answer = export(client, "csv", [task], url=f"{URL}?q=arg.order:7", select_across="1")

    assert answer.status_code == 302


def test_an_export_costs_as_many_queries_for_a_page_as_for_one(root, django_assert_max_num_queries):
    tasks = [make_task() for _ in range(40)]

    with django_assert_max_num_queries(12):
        rows = rows_of(export(root, "csv", tasks))

    assert len(rows) == 40

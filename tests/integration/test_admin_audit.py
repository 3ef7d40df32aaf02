"""The page of what operators did."""

import csv
import io
import re

import pytest

from jobs.domain.audit import Door, Verb
from jobs.models import AuditEntry
from jobs.services.audit import entered, through
from tests.support.failures import make_failure
from tests.support.operations import begin
from tests.support.rows import make_task
from tests.support.staff import client_of
from tests.support.webhooks import make_webhook

pytestmark = pytest.mark.django_db

PAGE = "/admin/jobs/auditentry/"
HOSTILE = "<script>alert(1)</script>\u202e"


def did(verb=Verb.QUEUE_PAUSE, subject_id="low", actor="ann", **given):
    with through(Door.API):
        entered(verb, subject_id, actor=actor, **given)


def html(response):
    return response.content.decode()


def test_an_entry_tells_who_did_what_why_and_what_it_changed(root):
    # given
    did(reason="a deployment", before={"state": "FAILURE"}, after={"state": "PENDING"})

    # then
    page = html(root.get(PAGE))
    assert "ann" in page
    assert "queue.pause" in page
    assert "a deployment" in page
    assert '<del><span class="visually-hidden">was </span>' in page
    assert '<ins><span class="visually-hidden">is </span>' in page


def test_hostile_text_in_every_field_is_shown_harmlessly(root):
    # given
    did(
        subject_id=HOSTILE,
        actor=HOSTILE,
        reason=HOSTILE,
        wanted={HOSTILE: HOSTILE},
        before={HOSTILE: HOSTILE},
        after={HOSTILE: [HOSTILE]},
    )

    # then
    page = html(root.get(PAGE))
    assert "<script>alert" not in page
    assert "\u202e" not in page


def test_pages_go_by_key_and_keep_the_filters(root, monkeypatch):
    # given
    monkeypatch.setattr("jobs.admin.audit.PAGE", 2)
    for number in range(5):
        did(subject_id=f"q{number}")
    did(Verb.TASK_CANCEL, "t1")

    # when
    shown, url = [], f"{PAGE}?verb=queue.pause"
    while url:
        context = root.get(url).context
        shown.append([line.entry.subject_id for line in context["lines"]])
        url = f"{PAGE}{context['older_url']}" if context["older_url"] else ""

    # then
    assert shown == [["q4", "q3"], ["q2", "q1"], ["q0"]]


@pytest.mark.parametrize(
    "query", ["subject_id=t1", "actor=bob", "verb=task.cancel", "subject=task", "door=command"]
)
def test_each_filter_narrows(root, query):
    # given
    did()
    with through(Door.COMMAND):
        entered(Verb.TASK_CANCEL, "t1", actor="bob")

    # then
    lines = root.get(f"{PAGE}?{query}").context["lines"]
    assert [line.entry.subject_id for line in lines] == ["t1"]


def test_a_filter_that_cannot_be_understood_is_said_beside_its_field(root):
    answer = root.get(f"{PAGE}?since=yesterday")

    assert answer.status_code == 400
    assert answer.context["form"].errors.keys() == {"since"}
    assert "Nothing was looked for." in html(answer)


def test_an_empty_audit_says_so(root):
    assert "Nobody has done anything yet." in html(root.get(PAGE))
    assert "Nobody did anything of that kind." in html(root.get(f"{PAGE}?actor=bob"))


def test_the_export_has_the_same_entries_and_no_formulas(root):
    # given
    did(reason='=HYPERLINK("http://example.com")', actor="@ann", after={"a": 1})
    did(Verb.TASK_CANCEL, "t1")

    # when
    answer = root.get(f"{PAGE}export/?verb=queue.pause")

    # then
    assert answer["Content-Disposition"] == 'attachment; filename="audit.csv"'
    (row,) = csv.DictReader(io.StringIO(html(answer)))
    assert (row["verb"], row["actor"], row["after"]) == ("queue.pause", "'@ann", '{"a": 1}')
    assert row["reason"] == '\'=HYPERLINK("http://example.com")'


def test_the_pages_of_tasks_queues_and_operations_lead_to_their_audit(root):
    # given
    task = make_task()

    # then
    link = f"{PAGE}?subject=task&amp;subject_id={task.pk}"
    assert link in html(root.get(f"/admin/jobs/task/{task.pk}/change/"))
    assert f"{PAGE}?subject=queue" in html(root.get("/admin/jobs/queuepause/queue/high/"))
    viewer = client_of("jobs.view_task")
    assert PAGE not in html(viewer.get(f"/admin/jobs/task/{task.pk}/change/"))


def test_an_entry_leads_to_the_page_of_what_it_was_done_to(root):
    # given
    things = {
        Verb.TASK_CANCEL: make_task(),
        Verb.OPERATION_PAUSE: begin(),
        Verb.FAILURE_MUTE: make_failure(),
        Verb.WEBHOOK_DISABLE: make_webhook(),
    }
    for verb, thing in things.items():
        did(verb, thing.pk)
    did(Verb.QUEUE_PAUSE, "low")
    did(Verb.TYPE_PAUSE, "send_email")
    did(Verb.QUEUE_PAUSE, HOSTILE)  # leads nowhere

    # then
    led = re.findall(r'<code class="jobs-id"><a href="([^"]+)">', html(root.get(PAGE)))
    assert len({*led}) == len(things) + 2, led
    for url in led:
        assert root.get(url).status_code == 200


def test_nothing_on_the_page_changes_anything(root):
    # given
    did()
    entry = AuditEntry.objects.get()

    # then there is no other address, and none that takes more than a look
    for path in ("add/", f"{entry.pk}/change/", f"{entry.pk}/delete/"):
        assert root.post(f"{PAGE}{path}", {"post": "yes"}).status_code == 404
    for path in ("", "export/"):
        assert root.post(PAGE + path, {"action": "delete_selected"}).status_code == 405
    assert AuditEntry.objects.get().actor == "ann"


def test_a_page_costs_the_same_however_many_entries(root, django_assert_max_num_queries):
    for number in range(60):
        did(subject_id=str(number))

    with django_assert_max_num_queries(5):
        root.get(PAGE)

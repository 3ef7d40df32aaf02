"""What is kept of operators' deeds stays as it is, until it is old."""

from datetime import timedelta

import pytest
import uuid_utils.compat
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from jobs.domain.audit import Verb
from jobs.domain.task_ids import first_id
from jobs.exceptions import AuditIsKept
from jobs.maintenance.forget import forget_audit
from jobs.models import AuditEntry
from jobs.services.audit import entered
from jobs.store.dialect import is_postgresql

pytestmark = pytest.mark.django_db

REFUSED = [
    "UPDATE jobs_auditentry SET actor = 'nobody'",
    "UPDATE jobs_auditentry SET id = id",
    "DELETE FROM jobs_auditentry",
    "DELETE FROM jobs_auditentry WHERE actor = 'ann'",
]
ON_SQLITE = ["INSERT OR REPLACE INTO jobs_auditentry SELECT * FROM jobs_auditentry"]
ON_POSTGRESQL = ["TRUNCATE jobs_auditentry", "TRUNCATE jobs_auditentry CASCADE"]


def make_entry(*, days: float = 0, actor: str = "ann") -> AuditEntry:
    """An entry of so many days ago."""
    at = timezone.now() - timedelta(days=days)
    low_bits = uuid_utils.compat.uuid7().int & ((1 << 80) - 1)
    entry_id = type(first_id(at))(int=first_id(at).int | low_bits)
    return AuditEntry.objects.create(
        id=entry_id, at=at, actor=actor, verb=Verb.TASK_CANCEL, subject="task"
    )


def actors():
    return sorted(AuditEntry.objects.values_list("actor", flat=True))


def test_no_statement_changes_or_deletes_an_entry():
    # given
    make_entry()
    before = list(AuditEntry.objects.values())

    # then
    for statement in [*REFUSED, *(ON_POSTGRESQL if is_postgresql() else ON_SQLITE)]:
        with (
            pytest.raises(DatabaseError, match="audit entries are kept"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    assert list(AuditEntry.objects.values()) == before


def test_no_way_of_django_changes_or_deletes_an_entry():
    # given
    entry = make_entry()
    again = AuditEntry(pk=entry.pk, actor="nobody")

    # then
    for deed in (
        entry.save,
        entry.delete,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(actor="nobody"),
        lambda: AuditEntry.objects.bulk_update([entry], ["actor"]),
    ):
        with pytest.raises(AuditIsKept):
            deed()
    with pytest.raises(DatabaseError), transaction.atomic():
        again.save()
    assert actors() == ["ann"]


def test_retention_deletes_what_is_older_than_the_setting_and_nothing_else(jobs):
    # given
    jobs(audit_keep_seconds=86_400 * 30)
    make_entry(days=31, actor="old")
    make_entry(days=29, actor="young")
    make_entry(actor="new")

    # when
    erased = forget_audit()

    # then
    assert (erased, actors()) == (1, ["new", "young"])
    assert forget_audit() == 0


def test_an_entry_is_kept_for_a_year_if_nothing_else_is_said():
    make_entry(days=364, actor="young")
    make_entry(days=366, actor="old")

    assert forget_audit() == 1
    assert actors() == ["young"]


def test_what_retention_may_delete_does_not_outlast_its_transaction():
    # given that retention has been at work
    make_entry(days=800, actor="old")
    make_entry(actor="new")
    forget_audit()

    # then nobody else may delete either
    with (
        pytest.raises(DatabaseError, match="audit entries are kept"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM jobs_auditentry")


def test_nothing_old_costs_one_query(django_assert_num_queries):
    make_entry()

    with django_assert_num_queries(1):
        assert forget_audit() == 0


def test_texts_are_cut_secrets_replaced_and_what_is_the_same_left_out():
    # when
    entered(
        Verb.WEBHOOK_CHANGE,
        "x" * 300,
        actor="ann",
        reason="it moved",
        before={"url": "https://ann:hunter2@example.com/", "same": 1, "note": "a" * 600},
        after={"url": "https://example.com/", "same": 1, "password": "hunter2", "many": [1] * 60},
    )

    # then
    entry = AuditEntry.objects.get()
    assert entry.subject_id == "x" * 200
    assert "hunter2" not in str((entry.before, entry.after))
    assert len(entry.before["note"]) == 500
    assert entry.after["many"][-1] == "… 60 in all"
    assert "same" not in entry.before | entry.after

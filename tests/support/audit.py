"""What was kept of operators' deeds."""

from jobs.models import AuditEntry


def only_entry() -> AuditEntry:
    """The one entry that there is."""
    return AuditEntry.objects.get()


def kept() -> list[tuple[str, str, str]]:
    """Door, verb and subject of each entry, the oldest first."""
    rows = AuditEntry.objects.order_by("pk")
    return [(row.door, row.verb, row.subject_id) for row in rows]

"""What operators did, narrowed as somebody asks for it, and in words that JSON can carry."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from jobs.domain.task_ids import first_id
from jobs.models import AuditEntry
from jobs.selectors.facts import moment


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which entries; what is empty does not narrow. Each of the texts has an index."""

    actor: str = ""
    verb: str = ""
    subject: str = ""
    subject_id: str = ""
    door: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def rows(self) -> QuerySet[AuditEntry]:
        """The newest first."""
        texts = ("actor", "verb", "subject", "subject_id", "door")
        given = {name: value for name in texts if (value := getattr(self, name))}
        rows = AuditEntry.objects.filter(**given)
        if self.since is not None:
            rows = rows.filter(pk__gte=first_id(self.since))
        if self.until is not None:
            rows = rows.filter(pk__lt=first_id(self.until))
        return rows.order_by("-pk")


def audit_facts(entry: AuditEntry) -> dict[str, Any]:
    """All of one entry."""
    return {
        "id": str(entry.pk),
        "at": moment(entry.at),
        "actor": entry.actor,
        "address": entry.address or None,
        "token": entry.token or None,
        "door": entry.door,
        "verb": entry.verb,
        "subject": entry.subject,
        "subject_id": entry.subject_id or None,
        "filter": entry.filter,
        "count": entry.count,
        "reason": entry.reason,
        "before": entry.before,
        "after": entry.after,
    }

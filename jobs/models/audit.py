"""What operators did, kept as it was written."""

from collections.abc import Iterable
from typing import Any, NoReturn

import uuid_utils.compat
from django.db import models
from django.utils import timezone

from jobs.domain.audit import Door
from jobs.exceptions import AuditIsKept


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    """Entries are added and read."""

    def update(self, **kwargs: Any) -> NoReturn:
        """Raises AuditIsKept."""
        raise AuditIsKept(deed="changed")

    def bulk_update(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> NoReturn:
        """Raises AuditIsKept."""
        raise AuditIsKept(deed="changed")

    def delete(self) -> NoReturn:
        """Raises AuditIsKept."""
        raise AuditIsKept(deed="deleted")


class AuditEntry(models.Model):
    """One deed of an operator: who did what to what, from where, why, and what it changed.

    Written in the transaction of the deed, and never changed: neither here nor, by the triggers of
    migration 0003, in the database. Its id is a UUIDv7, so that ids are in the order of deeds.
    """

    id = models.UUIDField(primary_key=True, default=uuid_utils.compat.uuid7, editable=False)
    at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=150, blank=True, default="")
    address = models.CharField(
        max_length=45, blank=True, default="", help_text="The caller's IP address, as it is trusted"
    )
    token = models.CharField(
        max_length=20, blank=True, default="", help_text="The beginning of the token that acted"
    )
    door = models.CharField(max_length=10, default=Door.SYSTEM.value)
    verb = models.CharField(max_length=40)
    subject = models.CharField(max_length=20, help_text="The kind of thing it was done to")
    subject_id = models.CharField(
        max_length=200, blank=True, default="", help_text="Which one; empty where there were many"
    )
    filter = models.JSONField(null=True, help_text="Of many: which ones were meant")
    count = models.PositiveBigIntegerField(null=True, help_text="How many; not known: empty")
    reason = models.TextField(blank=True, default="")
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        default_permissions = ()  # view_audit is among the permissions of Task
        verbose_name = "audit entry"
        verbose_name_plural = "audit"
        ordering = ("-pk",)
        indexes = [
            models.Index(fields=["actor", "id"], name="jobs_audit_actor"),
            models.Index(fields=["verb", "id"], name="jobs_audit_verb"),
            models.Index(fields=["subject", "subject_id", "id"], name="jobs_audit_subject"),
            models.Index(fields=["subject_id", "id"], name="jobs_audit_subject_id"),
            models.Index(fields=["door", "id"], name="jobs_audit_door"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject_id} by {self.actor}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write a new entry. Raises AuditIsKept for one that there is."""
        if not self._state.adding:
            raise AuditIsKept(deed="changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raises AuditIsKept."""
        raise AuditIsKept(deed="deleted")

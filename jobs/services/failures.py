"""What people decide about a group of failures; each decision leaves who, when and why."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from jobs.domain.triage import GIVES, Triage
from jobs.exceptions import FailureNotFound, InvalidOption
from jobs.models import Failure, FailureChange

MOST_NOTE = 10_000


@transaction.atomic
def triage(*, fingerprint: str, verb: Triage, actor: str, reason: str = "") -> Failure:
    """Give a group the verb's status, and give it; one that has it already stays as it is.

    Raises:
        FailureNotFound: no failures have this fingerprint.
    """
    failure = _locked(fingerprint)
    status = GIVES[verb]
    if failure.status == status:
        return failure
    now = timezone.now()
    failure.status, failure.status_at = status, now
    return _changed(failure, status.value, actor, reason, fields=("status", "status_at"))


@transaction.atomic
def assign(*, fingerprint: str, assignee: str | None, actor: str, reason: str = "") -> Failure:
    """Make a user answerable for a group, or nobody, and give the group.

    Raises:
        FailureNotFound: no failures have this fingerprint.
        InvalidOption: there is no active user of this name.
    """
    failure = _locked(fingerprint)
    user = _user(assignee) if assignee else None
    if failure.assignee == user:
        return failure
    failure.assignee = user
    said = f"assigned to {user.get_username()}" if user else "assigned to nobody"
    return _changed(failure, said, actor, reason, fields=("assignee",))


@transaction.atomic
def write_note(*, fingerprint: str, note: str, actor: str) -> Failure:
    """Write what everybody should know of a group in place of what stood there, and give the group.

    Raises:
        FailureNotFound: no failures have this fingerprint.
        InvalidOption: the note is too long.
    """
    if len(note) > MOST_NOTE:
        raise InvalidOption(
            field="note", given=f"{note[:40]}…", allowed=f"at most {MOST_NOTE:,} characters"
        )
    failure = _locked(fingerprint)
    if failure.note == note:
        return failure
    before, failure.note = failure.note, note
    reason = f"before: {before}" if before else ""
    return _changed(failure, "note", actor, reason, fields=("note",))


def _locked(fingerprint: str) -> Failure:
    rows = Failure.objects.select_for_update(of=("self",)).select_related("assignee")
    failure = rows.filter(pk=fingerprint).first()
    if failure is None:
        raise FailureNotFound(fingerprint=fingerprint)
    return failure


def _user(name: str) -> Any:
    users = get_user_model()._default_manager  # noqa: SLF001 - Django's own word for it
    user = users.filter(**{users.model.USERNAME_FIELD: name, "is_active": True}).first()
    if user is None:
        raise InvalidOption(field="assignee", given=name[:60], allowed="the name of an active user")
    return user


def _changed(
    failure: Failure, change: str, actor: str, reason: str, *, fields: tuple[str, ...]
) -> Failure:
    failure.save(update_fields=fields)
    FailureChange.objects.create(
        failure=failure,
        change=change,
        actor=actor,
        reason=reason,
        at=failure.status_at if "status_at" in fields else timezone.now(),
    )
    return failure

"""Calls about failures in groups."""

from functools import partial
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.answers.failures import FailureAnswer, FailureHistoryAnswer, FailurePage
from jobs.api.authentication import actor_of
from jobs.api.failure_forms import AssignForm, FailureQuery, NoteForm
from jobs.api.filters import single
from jobs.api.forms import ReasonForm, printable, read
from jobs.api.permissions import may
from jobs.api.problems import refuse
from jobs.api.schema import WITH_BODY, WITH_QUERY, call
from jobs.api.views import ApiView, address_after, reason_of
from jobs.domain.fingerprint import FINGERPRINT
from jobs.domain.triage import Triage
from jobs.selectors.facts import moment
from jobs.selectors.failures import Group, failure_facts, history, one, page
from jobs.services.failures import assign, triage, write_note

MOST_CHANGES = 100
PATH = {"fingerprint": {"type": "string", "pattern": f"^{FINGERPRINT.pattern}$"}}
WITH_FINGERPRINT = ("invalid_input", "not_found", "failure_not_found")
verb_call = partial(
    call,
    tag="failures",
    path=PATH,
    answers={200: FailureAnswer},
    errors=(*WITH_FINGERPRINT, *WITH_BODY),
)


class Failures(ApiView):
    """`/failures`."""

    @call(
        "list_failures",
        "List failures in groups, the latest first",
        tag="failures",
        description=(
            "What failed in one task type with one exception in one function is one group, "
            "whatever the message says and however lines move between releases."
        ),
        query=FailureQuery,
        answers={200: FailurePage},
        errors=WITH_QUERY,
    )
    def get(self, request: Request) -> Response:
        """A page of them."""
        query = read(FailureQuery, single(request.query_params))
        found = page(query.as_filter(), limit=query.limit, cursor=query.cursor)
        return Response(
            {
                "count": len(found.groups),
                "failures": [_shown(request, group) for group in found.groups],
                "next": address_after(request, "api:failures", found.cursor),
            }
        )


class OneFailure(ApiView):
    """`/failures/{fingerprint}`."""

    @call(
        "get_failure",
        "Show a group of failures",
        tag="failures",
        description="Its tasks are listed by `GET /api/tasks?failure=` with the fingerprint.",
        path=PATH,
        answers={200: FailureHistoryAnswer},
        errors=WITH_FINGERPRINT,
    )
    def get(self, request: Request, fingerprint: str) -> Response:
        """Its numbers, and what was decided of it."""
        group = one(_known(fingerprint))
        changes = [
            {
                "change": each.change,
                "actor": each.actor,
                "reason": each.reason,
                "at": moment(each.at),
            }
            for each in history(group.failure, limit=MOST_CHANGES)
        ]
        return Response(_shown(request, group) | {"history": changes})


class FailureVerb(ApiView):
    """What all that is decided of a group has in common."""

    verbs: ClassVar = {"POST": "triage_failures"}

    def decided(self, request: Request, given: str, verb: Triage) -> Response:
        """The group as it stands then."""
        fingerprint = _known(given)
        triage(
            fingerprint=fingerprint,
            verb=verb,
            actor=actor_of(request),
            reason=reason_of(request),
        )
        return Response(_shown(request, one(fingerprint)))


class AcknowledgeFailure(FailureVerb):
    """`/failures/{fingerprint}/acknowledge`."""

    @verb_call(
        "acknowledge_failure",
        "Acknowledge a group of failures",
        description="Somebody knows of it.",
        body=ReasonForm,
        examples={"With a word": {"reason": "The supplier has been told."}},
    )
    def post(self, request: Request, fingerprint: str) -> Response:
        """The group as it stands then."""
        return self.decided(request, fingerprint, Triage.ACKNOWLEDGE)


class MuteFailure(FailureVerb):
    """`/failures/{fingerprint}/mute`."""

    @verb_call(
        "mute_failure",
        "Mute a group of failures",
        description="It stays muted however often it happens, until it is reopened.",
        body=ReasonForm,
        examples={"With a word": {"reason": "Test accounts only."}},
    )
    def post(self, request: Request, fingerprint: str) -> Response:
        """The group as it stands then."""
        return self.decided(request, fingerprint, Triage.MUTE)


class ResolveFailure(FailureVerb):
    """`/failures/{fingerprint}/resolve`."""

    @verb_call(
        "resolve_failure",
        "Resolve a group of failures",
        description="Its cause is gone. If it fails again, it is `regressed`. No task is touched.",
        body=ReasonForm,
        examples={"With a word": {"reason": "Fixed in release 1.4."}},
    )
    def post(self, request: Request, fingerprint: str) -> Response:
        """The group as it stands then."""
        return self.decided(request, fingerprint, Triage.RESOLVE)


class ReopenFailure(FailureVerb):
    """`/failures/{fingerprint}/reopen`."""

    @verb_call(
        "reopen_failure",
        "Reopen a group of failures",
        description="It is `new` again.",
        body=ReasonForm,
        examples={"With a word": {"reason": "It was not that."}},
    )
    def post(self, request: Request, fingerprint: str) -> Response:
        """The group as it stands then."""
        return self.decided(request, fingerprint, Triage.REOPEN)


class AssignFailure(FailureVerb):
    """`/failures/{fingerprint}/assign`."""

    @verb_call(
        "assign_failure",
        "Assign a group of failures",
        description="To a user, or to nobody.",
        body=AssignForm,
        errors=(*WITH_FINGERPRINT, *WITH_BODY, "invalid_option"),
        examples={"To nobody": {"assignee": None, "reason": "Who takes it?"}},
    )
    def post(self, request: Request, fingerprint: str) -> Response:
        """The group as it stands then."""
        fingerprint, form = _known(fingerprint), read(AssignForm, request.data)
        assign(
            fingerprint=fingerprint,
            assignee=printable("assignee", form.assignee or "") or None,
            actor=actor_of(request),
            reason=printable("reason", form.reason),
        )
        return Response(_shown(request, one(fingerprint)))


class NoteFailure(FailureVerb):
    """`/failures/{fingerprint}/note`."""

    @verb_call(
        "note_failure",
        "Write a note on a group of failures",
        description="It replaces the one before, which stays in the history.",
        body=NoteForm,
        examples={"A hint": {"note": "Comes with every deployment; harmless."}},
    )
    def post(self, request: Request, fingerprint: str) -> Response:
        """The group as it stands then."""
        fingerprint, form = _known(fingerprint), read(NoteForm, request.data)
        note = printable("note", form.note)
        write_note(fingerprint=fingerprint, note=note, actor=actor_of(request))
        return Response(_shown(request, one(fingerprint)))


def _known(given: str) -> str:
    """A fingerprint as an address gives it; InvalidInput when it cannot be one."""
    if not FINGERPRINT.fullmatch(given):
        refuse("fingerprint", f"must be 16 hexadecimal digits, not {given[:60]!r}")
    return given


def _shown(request: Request, group: Group) -> dict[str, Any]:
    facts = failure_facts(group)
    return facts if may(request, "view_payload") else facts | {"message": None}

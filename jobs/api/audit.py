"""The call about what operators did."""

from typing import Any, ClassVar

from pydantic import Field
from pydantic.config import JsonDict
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.answers.audit import AuditPage
from jobs.api.filters import Moment, PageQuery, single
from jobs.api.forms import PRINTABLE, printable, read
from jobs.api.problems import refuse
from jobs.api.schema import WITH_QUERY, call
from jobs.api.views import ApiView, address_after
from jobs.domain.audit import SUBJECTS, Door, Verb
from jobs.selectors.audit import AuditFilter, audit_facts

_VERBS = tuple(verb.value for verb in Verb)
_DOORS = tuple(door.value for door in Door)


def _words(allowed: tuple[str, ...], description: str = "") -> Any:
    words: JsonDict = {"enum": ["", *allowed]}
    return Field("", json_schema_extra=words, description=description)


class AuditQuery(PageQuery):
    """Which deeds; what is left out does not narrow."""

    actor: str = Field("", json_schema_extra=PRINTABLE, description="Whose, by the whole name.")
    verb: str = _words(_VERBS)
    subject: str = _words(SUBJECTS, "To what kind of thing.")
    subject_id: str = Field(
        "",
        json_schema_extra=PRINTABLE,
        description="To which one: the id of a task, an operation or a webhook, a queue's name.",
    )
    door: str = _words(_DOORS, "Where it came in.")
    since: Moment | None = None
    until: Moment | None = Field(None, description="Before this moment.")

    def as_filter(self) -> AuditFilter:
        """What the selector takes; InvalidInput names a word that there is not."""
        return AuditFilter(
            actor=printable("actor", self.actor),
            verb=_known("verb", self.verb, _VERBS),
            subject=_known("subject", self.subject, SUBJECTS),
            subject_id=printable("subject_id", self.subject_id),
            door=_known("door", self.door, _DOORS),
            since=self.since,
            until=self.until,
        )


class Audit(ApiView):
    """`/audit`."""

    verbs: ClassVar = {"GET": "view_audit"}

    @call(
        "list_audit",
        "List what operators did, newest first",
        tag="audit",
        description=(
            "One entry for each deed, by whatever door it came: cancelling, pausing, tokens, "
            "webhooks and so on. An action over many tasks is one entry. Nobody changes entries."
        ),
        query=AuditQuery,
        answers={200: AuditPage},
        errors=WITH_QUERY,
    )
    def get(self, request: Request) -> Response:
        """A page of them."""
        query = read(AuditQuery, single(request.query_params))
        rows, after = query.as_filter().rows(), query.after()
        rows = rows if after is None else rows.filter(pk__lt=after)
        found = list(rows[: query.limit + 1])
        shown, more = found[: query.limit], len(found) > query.limit
        return Response(
            {
                "count": len(shown),
                "entries": [audit_facts(entry) for entry in shown],
                "next": address_after(request, "api:audit", shown[-1].pk if more else None),
            }
        )


def _known(field: str, given: str, allowed: tuple[str, ...]) -> str:
    if given and given not in allowed:
        refuse(field, f"must be one of {', '.join(allowed)}, not {given[:60]!r}")
    return given

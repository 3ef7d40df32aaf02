"""Calls about webhooks."""

from functools import partial
from typing import Any, ClassVar, Literal
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from pydantic import Field
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.answers.webhooks import (
    WebhookAnswer,
    WebhookRemoved,
    Webhooks,
    WebhookSecret,
)
from jobs.api.authentication import actor_of
from jobs.api.forms import MOST_DELAY_SECONDS, PRINTABLE, Form, Reason, Tag, printable, read
from jobs.api.schema import WITH_BODY, call
from jobs.api.views import ApiView, task_id_of
from jobs.domain.addresses import LONGEST_URL
from jobs.domain.options import MOST_TAGS
from jobs.exceptions import WebhookNotFound
from jobs.models import Webhook
from jobs.models.webhook import DESCRIPTION_LENGTH
from jobs.selectors.webhooks import webhook_facts
from jobs.services.webhooks import (
    MOST_TASK_TYPES,
    NewSecret,
    change,
    disable,
    enable,
    rotate,
    subscribe,
    unsubscribe,
)

MANAGE = "manage_webhooks"
WEBHOOK_ID = {"webhook_id": OpenApiTypes.UUID}
WITH_WEBHOOK = ("invalid_input", "not_found", "webhook_not_found")
WITH_TERMS = (*WITH_BODY, "invalid_option", "unknown_task_type")
webhook_call = partial(call, tag="webhooks")
one_call = partial(webhook_call, path=WEBHOOK_ID)


class TermsForm(Form):
    """What a webhook wants; what is left out stays as it is."""

    url: str = Field("", max_length=LONGEST_URL, description="http or https, of a public host.")
    description: str = Field(
        "",
        max_length=DESCRIPTION_LENGTH,
        json_schema_extra=PRINTABLE,
        description="What it is for.",
    )
    states: list[Literal["SUCCESS", "FAILURE", "REVOKED", "RETRY"]] = Field(
        [], min_length=1, max_length=10, description="What it is told of."
    )
    task_types: list[str] = Field(
        [], max_length=MOST_TASK_TYPES, description="Only these; empty: every type."
    )
    tags: list[Tag] = Field(
        [], max_length=MOST_TAGS, description="Only tasks with one of these; empty: any tasks."
    )
    with_payload: bool = Field(
        False,
        description=(
            "Send arguments, result and error too, while the one who made the webhook has the "
            "permission `jobs.view_payload`."
        ),
    )

    def terms(self) -> dict[str, Any]:
        """Those that are given."""
        given = self.model_dump(include=self.model_fields_set & TermsForm.model_fields.keys())
        for name in given.keys() & {"url", "description"}:
            printable(name, given[name])
        return given


class SubscribeForm(TermsForm):
    """Whom to tell what becomes of tasks; without `states` every end."""

    url: str = Field(
        min_length=1, max_length=LONGEST_URL, description="http or https, of a public host."
    )


class ChangeForm(TermsForm):
    """What is to be different from now on; what is left out stays as it is."""

    enabled: bool | None = Field(None, description="False: tell it nothing; true: tell it again.")
    reason: Reason = Field("", description="Why it is disabled.")


class RotateForm(Form):
    """How long the secret of before signs too."""

    overlap_seconds: float | None = Field(
        None,
        ge=0,
        le=MOST_DELAY_SECONDS,
        allow_inf_nan=False,
        description="Else as the setting WEBHOOKS_ROTATION_SECONDS says: a day.",
    )


class WebhookList(ApiView):
    """`/webhooks`."""

    verbs: ClassVar = {"GET": MANAGE, "POST": MANAGE}

    @webhook_call("list_webhooks", "Show every webhook", answers={200: Webhooks})
    def get(self, request: Request) -> Response:
        """The newest first."""
        found = [webhook_facts(each) for each in Webhook.objects.select_related("owner")]
        return Response({"count": len(found), "webhooks": found})

    @webhook_call(
        "create_webhook",
        "Be told what becomes of tasks",
        description=(
            "The answer tells the secret that signs the messages, and no other does. What a "
            "worker brings to its end within two seconds of this may be missed."
        ),
        body=SubscribeForm,
        answers={201: WebhookSecret},
        errors=WITH_TERMS,
        examples={
            "Every end": {"url": "https://hooks.example.com/tasks"},
            "Failed payments, with their errors": {
                "url": "https://hooks.example.com/payments",
                "description": "Payments",
                "states": ["FAILURE"],
                "task_types": ["process_payment"],
                "with_payload": True,
            },
        },
    )
    def post(self, request: Request) -> Response:
        """The webhook, and its secret."""
        form = read(SubscribeForm, request.data)
        owner = request.user if request.user.is_authenticated else None
        return _with_secret(subscribe(owner=owner, **form.terms()), status=201)


class OneWebhook(ApiView):
    """`/webhooks/{webhook_id}`."""

    verbs: ClassVar = {"GET": MANAGE, "PATCH": MANAGE, "DELETE": MANAGE}
    http_method_names = ["get", "head", "patch", "delete"]

    @one_call("get_webhook", "Show a webhook", answers={200: WebhookAnswer}, errors=WITH_WEBHOOK)
    def get(self, request: Request, webhook_id: str) -> Response:
        """What it wants, and how its receiver does."""
        return _shown(webhook_of(webhook_id))

    @one_call(
        "change_webhook",
        "Change a webhook",
        description=(
            "Enabling one forgets its failures and sends what waits. A change counts for what "
            "tasks reach from now on."
        ),
        body=ChangeForm,
        answers={200: WebhookAnswer},
        errors=(*WITH_TERMS, *WITH_WEBHOOK),
        examples={
            "Only failures": {"states": ["FAILURE"]},
            "For a while nothing": {"enabled": False, "reason": "The receiver is being moved."},
            "Again": {"enabled": True},
        },
    )
    def patch(self, request: Request, webhook_id: str) -> Response:
        """The webhook as it stands then."""
        webhook = webhook_of(webhook_id)
        form = read(ChangeForm, request.data)
        reason = printable("reason", form.reason)
        if terms := form.terms():
            change(webhook_id=webhook.pk, **terms)
        if form.enabled:
            enable(webhook_id=webhook.pk)
        elif form.enabled is False:
            actor = actor_of(request)
            disable(webhook_id=webhook.pk, reason=reason or f"by {actor}", actor=actor)
        return _shown(webhook_of(webhook_id))

    @one_call(
        "delete_webhook",
        "Remove a webhook and its log",
        answers={200: WebhookRemoved},
        errors=WITH_WEBHOOK,
    )
    def delete(self, request: Request, webhook_id: str) -> Response:
        """That it is gone."""
        webhook = webhook_of(webhook_id)
        unsubscribe(webhook_id=webhook.pk)
        return Response({"webhook_id": str(webhook.pk), "status": "removed"})


class RotateSecret(ApiView):
    """`/webhooks/{webhook_id}/rotate`."""

    verbs: ClassVar = {"POST": MANAGE}

    @one_call(
        "rotate_webhook_secret",
        "Give a webhook a new secret",
        description=(
            "Until the overlap is over messages carry two signatures, so that the receiver can "
            "change over. The answer tells the new secret, and no other does."
        ),
        body=RotateForm,
        answers={200: WebhookSecret},
        errors=(*WITH_BODY, *WITH_WEBHOOK),
        examples={"Both sign for an hour": {"overlap_seconds": 3600}},
    )
    def post(self, request: Request, webhook_id: str) -> Response:
        """The webhook, and its new secret."""
        webhook = webhook_of(webhook_id)
        form = read(RotateForm, request.data)
        return _with_secret(rotate(webhook_id=webhook.pk, overlap_seconds=form.overlap_seconds))


def webhook_of(given: str) -> Webhook:
    """The webhook of an address; raises InvalidInput or WebhookNotFound."""
    webhook_id: UUID = task_id_of(given, field="webhook_id")
    found = Webhook.objects.select_related("owner").filter(pk=webhook_id).first()
    if found is None:
        raise WebhookNotFound(webhook_id=webhook_id)
    return found


def _shown(webhook: Webhook) -> Response:
    return Response(webhook_facts(webhook))


def _with_secret(made: NewSecret, *, status: int = 200) -> Response:
    return Response(webhook_facts(made.row) | {"secret": made.plain}, status=status)

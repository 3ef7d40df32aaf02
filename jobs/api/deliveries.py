"""Calls about the messages to webhooks."""

from typing import ClassVar

from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.api.answers.webhooks import DeliveryAnswer, DeliveryPage
from jobs.api.filters import PageQuery, page_query
from jobs.api.schema import WITH_QUERY
from jobs.api.views import ApiView, address_after, task_id_of
from jobs.api.webhooks import MANAGE, WEBHOOK_ID, WITH_WEBHOOK, one_call, webhook_call, webhook_of
from jobs.models import WebhookDelivery
from jobs.selectors.webhooks import delivery_facts
from jobs.services.deliver import ping, resend


class Deliveries(ApiView):
    """`/webhooks/{webhook_id}/deliveries`."""

    verbs: ClassVar = {"GET": MANAGE}

    @one_call(
        "list_webhook_deliveries",
        "List the messages to a webhook, newest first",
        query=PageQuery,
        answers={200: DeliveryPage},
        errors=(*WITH_QUERY, *WITH_WEBHOOK),
    )
    def get(self, request: Request, webhook_id: str) -> Response:
        """A page of them."""
        webhook = webhook_of(webhook_id)
        query = page_query(request.query_params)
        rows = WebhookDelivery.objects.filter(webhook=webhook).defer("facts")
        after = query.after()
        rows = rows if after is None else rows.filter(pk__lt=after)
        found = list(rows[: query.limit + 1])
        shown, more = found[: query.limit], len(found) > query.limit
        last = shown[-1].pk if more else None
        return Response(
            {
                "count": len(shown),
                "deliveries": [delivery_facts(delivery) for delivery in shown],
                "next": address_after(request, "api:webhook-deliveries", last, webhook.pk),
            }
        )


class ResendDelivery(ApiView):
    """`/webhooks/{webhook_id}/deliveries/{delivery_id}/resend`."""

    verbs: ClassVar = {"POST": MANAGE}

    @webhook_call(
        "resend_webhook_delivery",
        "Send a message once more",
        description="With all its tries, and the same event id.",
        path=WEBHOOK_ID | {"delivery_id": OpenApiTypes.UUID},
        answers={202: DeliveryAnswer},
        errors=(*WITH_WEBHOOK, "delivery_not_found", "webhook_disabled"),
    )
    def post(self, request: Request, webhook_id: str, delivery_id: str) -> Response:
        """The message, which waits to be sent."""
        found = task_id_of(delivery_id, field="delivery_id")
        delivery = resend(webhook_id=webhook_of(webhook_id).pk, delivery_id=found)
        return Response(delivery_facts(delivery), status=202)


class TestWebhook(ApiView):
    """`/webhooks/{webhook_id}/test`."""

    verbs: ClassVar = {"POST": MANAGE}

    @one_call(
        "test_webhook",
        "Send a message that only tries whether the receiver answers",
        description="Its type is `webhook.test`. The log tells what became of it.",
        answers={202: DeliveryAnswer},
        errors=(*WITH_WEBHOOK, "webhook_disabled"),
    )
    def post(self, request: Request, webhook_id: str) -> Response:
        """The message, which waits to be sent."""
        delivery = ping(webhook_id=webhook_of(webhook_id).pk)
        return Response(delivery_facts(delivery), status=202)

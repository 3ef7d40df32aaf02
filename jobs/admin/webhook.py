"""Webhooks: who is told what becomes of tasks, the messages to each, and buttons to try it."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from jobs.admin.display import NOTHING, moment, outside
from jobs.admin.door import OperatorsAdmin
from jobs.admin.verbs import may
from jobs.admin.webhook_form import WebhookForm
from jobs.exceptions import DeliveryNotFound, WebhookDisabled, WebhookNotFound
from jobs.models import Webhook, WebhookDelivery
from jobs.services.deliver import ping, resend
from jobs.services.webhooks import (
    NewSecret,
    change,
    disable,
    enable,
    rotate,
    subscribe,
    unsubscribe,
)

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PERMISSION = "jobs.manage_webhooks"
#: Messages that a webhook's page shows, the newest.
MOST_DELIVERIES = 50


@admin.register(Webhook)
class WebhookAdmin(OperatorsAdmin[Webhook]):
    """A secret is shown by the page that answers its making, and by no other."""

    list_display = ("receiver", "wants", "condition", "by", "created")
    list_select_related = ("owner",)
    list_per_page = 100
    show_full_result_count = False
    sortable_by = ()
    form = WebhookForm
    change_form_template = "admin/jobs/webhook/change_form.html"
    change_list_template = "admin/jobs/webhook/change_list.html"

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Who may manage webhooks may do all of it."""
        return may(request.user, PERMISSION)

    def has_view_permission(self, request: HttpRequest, obj: Webhook | None = None) -> bool:
        """As above."""
        return may(request.user, PERMISSION)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """As above."""
        return may(request.user, PERMISSION)

    def has_change_permission(self, request: HttpRequest, obj: Webhook | None = None) -> bool:
        """As above."""
        return may(request.user, PERMISSION)

    def has_delete_permission(self, request: HttpRequest, obj: Webhook | None = None) -> bool:
        """As above."""
        return may(request.user, PERMISSION)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """None: no query string can guess at seeds."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """The buttons, beside the stock pages."""
        view = self.admin_site.admin_view
        return [
            *(
                path(
                    f"<uuid:webhook_id>/{word}/",
                    view(require_POST(partial(self._press, press=press))),
                    name=f"jobs_webhook_{word}",
                )
                for word, press in _BUTTONS.items()
            ),
            path(
                "<uuid:webhook_id>/rotate/",
                view(require_POST(self._rotate)),
                name="jobs_webhook_rotate",
            ),
            path(
                "<uuid:webhook_id>/resend/<uuid:delivery_id>/",
                view(require_POST(self._resend)),
                name="jobs_webhook_resend",
            ),
            *super().get_urls(),
        ]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list of webhooks."""
        return super().changelist_view(
            request, {"title": gettext_lazy("Webhooks")} | (extra_context or {})
        )

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One button: whatever is pressed, the secret is shown."""
        buttons = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, buttons | (extra_context or {}))

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The form, how the receiver does, and the newest messages."""
        webhook = self.get_object(request, object_id)
        rows = WebhookDelivery.objects.filter(webhook=webhook).defer("facts")
        context = {"deliveries": rows[:MOST_DELIVERIES], "most_deliveries": MOST_DELIVERIES}
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        """The row as the service makes or changes it, with a new secret for the answer."""
        if change:
            return _changed(form)
        made = subscribe(owner=_me(request), **form.terms())
        row: Any = made.row
        row.made = made
        return row

    def save_model(self, request: HttpRequest, obj: Webhook, form: Any, change: bool) -> None:
        """Nothing: the service has saved it."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing: there is nothing."""

    def delete_model(self, request: HttpRequest, obj: Webhook) -> None:
        """It, and its log."""
        unsubscribe(webhook_id=obj.pk)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        """Each, and its log."""
        for webhook in queryset:
            unsubscribe(webhook_id=webhook.pk)

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The page that shows the secret; nothing of it is kept for a page that follows."""
        return self._secret_page(request, obj.made, "A new webhook")

    @admin.display(description=gettext_lazy("URL"))
    def receiver(self, row: Webhook) -> str:
        """Where to, and what for."""
        return format_html(
            '{}<span class="jobs-second">{}</span>',
            outside(row.url, 50),
            outside(row.description, 50),
        )

    @admin.display(description=gettext_lazy("is told of"))
    def wants(self, row: Webhook) -> str:
        """States, and what narrows them."""
        said = ", ".join(row.states)
        if row.task_types:
            said += f" of {', '.join(row.task_types)}"
        if row.tags:
            said += f" with {' or '.join(row.tags)}"
        return outside(said, 50)

    @admin.display(description=gettext_lazy("state"))
    def condition(self, row: Webhook) -> str:
        """Whether it is told anything, and how its receiver does."""
        if not row.enabled:
            return format_html(
                'disabled {}<span class="jobs-second">{}</span>',
                moment(row.disabled_at),
                outside(row.disabled_reason, 40),
            )
        if row.failing_since is not None:
            count = row.consecutive_failures
            return format_html("failing since {} ({})", moment(row.failing_since), count)
        return "enabled"

    @admin.display(description=gettext_lazy("made by"))
    def by(self, row: Webhook) -> str:
        """Whose permission decides about payloads."""
        return outside(row.owner.get_username(), 30) if row.owner else NOTHING

    @admin.display(description=gettext_lazy("made"))
    def created(self, row: Webhook) -> str:
        """When."""
        return moment(row.created_at)

    def _press(
        self, request: HttpRequest, webhook_id: UUID, *, press: Callable[[UUID, str], str]
    ) -> HttpResponse:
        return self._done(request, webhook_id, partial(press, webhook_id, _me(request).username))

    def _resend(self, request: HttpRequest, webhook_id: UUID, delivery_id: UUID) -> HttpResponse:
        def press() -> str:
            resend(webhook_id=webhook_id, delivery_id=delivery_id)
            return "The message is sent once more."

        return self._done(request, webhook_id, press)

    def _done(
        self, request: HttpRequest, webhook_id: UUID, press: Callable[[], str]
    ) -> HttpResponse:
        webhook = self._allowed(request, webhook_id)
        try:
            said = press()
            messages.success(request, said)
            self.log_change(request, webhook, said)
        except (WebhookDisabled, DeliveryNotFound) as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:jobs_webhook_change", args=[webhook_id]))

    def _rotate(self, request: HttpRequest, webhook_id: UUID) -> HttpResponse:
        webhook = self._allowed(request, webhook_id)
        made = rotate(webhook_id=webhook.pk)
        self.log_change(request, webhook, "It has a new secret.")
        return self._secret_page(request, made, "A new secret")

    def _allowed(self, request: HttpRequest, webhook_id: UUID) -> Webhook:
        if not may(request.user, PERMISSION):
            raise PermissionDenied
        webhook = Webhook.objects.filter(pk=webhook_id).first()
        if webhook is None:
            raise Http404(str(WebhookNotFound(webhook_id=webhook_id)))
        return webhook

    def _secret_page(self, request: HttpRequest, made: NewSecret, title: str) -> HttpResponse:
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "opts": self.opts,
            "webhook": made.row,
            "plain": made.plain,
        }
        return TemplateResponse(request, "admin/jobs/webhook/secret.html", context)


def _test(webhook_id: UUID, actor: str) -> str:
    ping(webhook_id=webhook_id)
    return "A test message is sent: the log below tells what becomes of it."


def _enable(webhook_id: UUID, actor: str) -> str:
    enable(webhook_id=webhook_id)
    return "It is enabled; what waited is sent."


def _disable(webhook_id: UUID, actor: str) -> str:
    disable(webhook_id=webhook_id, reason=f"by {actor}", actor=actor)
    return "It is disabled; what waits is kept."


_BUTTONS: dict[str, Callable[[UUID, str], str]] = {
    "test": _test,
    "enable": _enable,
    "disable": _disable,
}


def _changed(form: WebhookForm) -> Webhook:
    return change(webhook_id=form.instance.pk, **form.terms())


def _me(request: HttpRequest) -> "User":
    """Who asks; the admin's login stands before every page."""
    return cast("User", request.user)

"""API tokens: everybody's own, and for superusers all; made once, shown once, revoked for good."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy

from jobs.admin.display import NOTHING, moment, outside
from jobs.admin.door import OperatorsAdmin
from jobs.admin.verbs import may
from jobs.domain.wording import counted
from jobs.models import ApiToken
from jobs.services.tokens import MOST_DAYS, NewToken, create_token, revoke_tokens

if TYPE_CHECKING:
    from django.contrib.auth.models import User

PERMISSION = "jobs.manage_tokens"
DAYS = 90


class TokenForm(forms.ModelForm[ApiToken]):
    """What a new token is for, and for how long."""

    expires_days = forms.IntegerField(
        label=gettext_lazy("Expires after, in days"),
        min_value=1,
        max_value=MOST_DAYS,
        required=False,
        initial=DAYS,
        help_text="Empty: never.",
    )

    class Meta:
        model = ApiToken
        fields = ("user", "name", "read_only")


@admin.register(ApiToken)
class TokenAdmin(OperatorsAdmin[ApiToken]):
    """No page shows a token after the one that answers its making, and none shows a digest."""

    list_display = ("token", "owner", "purpose", "scope", "condition", "used", "created")
    list_select_related = ("user",)
    list_per_page = 100
    show_full_result_count = False
    sortable_by = ()
    actions = ("revoke_selected",)
    form = TokenForm
    raw_id_fields = ("user",)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Who may have tokens."""
        return may(request.user, PERMISSION)

    def has_view_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """Their owner; superusers."""
        return may(request.user, PERMISSION)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who may have tokens."""
        return may(request.user, PERMISSION)

    def has_change_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """Nobody: a token is revoked and another one made."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ApiToken | None = None) -> bool:
        """Nobody here: a token is revoked. It goes with its user, for who may delete that."""
        match = request.resolver_match
        is_here = match is not None and (match.url_name or "").startswith("jobs_apitoken")
        return not is_here and super().has_delete_permission(request, obj)

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        """Whether the action is offered and obeyed."""
        return may(request.user, PERMISSION)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        """One's own."""
        rows = super().get_queryset(request)
        return rows if _sees_all(request) else rows.filter(user=_me(request))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """None: no query string can guess at digests."""
        return False

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> tuple[str, ...]:
        """What is asked for a new one; what is told of an old one."""
        if obj is not None:
            return ("token", "owner", "purpose", "scope", "condition", "used", "created")
        asked = ("name", "expires_days", "read_only")
        return ("user", *asked) if _sees_all(request) else asked

    def get_readonly_fields(
        self, request: HttpRequest, obj: ApiToken | None = None
    ) -> tuple[str, ...]:
        """All of an old one."""
        return self.get_fields(request, obj) if obj is not None else ()

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list of tokens."""
        return super().changelist_view(
            request, {"title": gettext_lazy("API tokens")} | (extra_context or {})
        )

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One button: whatever is pressed, the token is shown."""
        buttons = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, buttons | (extra_context or {}))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """For oneself."""
        return {"user": request.user.pk}

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        """The row of the token that the form asks for, with the token itself for the answer."""
        asked = form.cleaned_data
        made = create_token(
            user=asked.get("user") or _me(request),
            name=asked["name"],
            expires_days=asked["expires_days"],
            read_only=asked["read_only"],
        )
        row: Any = made.row
        row.made = made
        return row

    def save_model(self, request: HttpRequest, obj: ApiToken, form: Any, change: bool) -> None:
        """Nothing: the service has saved it."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing: there is nothing."""

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The page that shows the token; nothing of it is kept for a page that follows."""
        made: NewToken = obj.made
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": gettext_lazy("A new API token"),
            "opts": self.opts,
            "token": made.row,
            "plain": made.plain,
        }
        return TemplateResponse(request, "admin/jobs/apitoken/created.html", context)

    @admin.action(permissions=["revoke"], description=gettext_lazy("Revoke selected tokens"))
    def revoke_selected(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """Make them worthless, for good."""
        rows = list(queryset)
        count = revoke_tokens(token_ids=[row.pk for row in rows])
        LogEntry.objects.log_actions(_me(request).pk, rows, CHANGE, change_message="Revoked.")
        self.message_user(request, f"Revoked {counted(count, 'token')}.", messages.SUCCESS)

    @admin.display(description=gettext_lazy("token"))
    def token(self, row: ApiToken) -> str:
        """Its beginning."""
        return f"{row.prefix}…"

    @admin.display(description=gettext_lazy("user"))
    def owner(self, row: ApiToken) -> str:
        """Whom it stands for."""
        return outside(row.user.get_username(), 40)

    @admin.display(description=gettext_lazy("for"))
    def purpose(self, row: ApiToken) -> str:
        """Its name."""
        return outside(row.name, 60)

    @admin.display(description=gettext_lazy("may"))
    def scope(self, row: ApiToken) -> str:
        """All that its user may, or only see it."""
        return "only read" if row.read_only else "what its user may"

    @admin.display(description=gettext_lazy("valid"))
    def condition(self, row: ApiToken) -> str:
        """Whether it opens doors, and until when."""
        if row.revoked_at is not None:
            return format_html("revoked {}", moment(row.revoked_at))
        if row.expires_at is None:
            return "until it is revoked"
        word = "expired" if row.is_expired(timezone.now()) else "until"
        return format_html("{} {}", word, moment(row.expires_at))

    @admin.display(description=gettext_lazy("last used"))
    def used(self, row: ApiToken) -> str:
        """To the minute."""
        return moment(row.last_used_at) if row.last_used_at else NOTHING

    @admin.display(description=gettext_lazy("created"))
    def created(self, row: ApiToken) -> str:
        """When it was made."""
        return moment(row.created_at)


def _me(request: HttpRequest) -> "User":
    """Who asks; the admin's login stands before every page."""
    return cast("User", request.user)


def _sees_all(request: HttpRequest) -> bool:
    return _me(request).is_superuser

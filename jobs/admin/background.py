"""Beginning an operation from a page: one way for lists, groups of failures and queues."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _

from jobs.admin.verbs import reason_of
from jobs.domain.operations import Action, Parameters
from jobs.selectors.pages import TaskFilter
from jobs.services.operate import NO_PARAMETERS, operate


def begin(
    request: HttpRequest,
    action: Action,
    wanted: TaskFilter,
    *,
    parameters: Parameters = NO_PARAMETERS,
    said: str = "",
) -> HttpResponse:
    """Begin it for whoever asks, with the reason in the form, and lead to the operation's page."""
    operation = operate(
        action=action,
        wanted=wanted,
        actor=request.user.get_username(),
        reason=reason_of(request),
        parameters=parameters,
    )
    begun = said or _("It has begun, in the background. This page tells how far it has come.")
    messages.success(request, begun)
    return HttpResponseRedirect(reverse("admin:jobs_operation_change", args=[operation.pk]))

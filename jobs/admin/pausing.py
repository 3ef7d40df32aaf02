"""The buttons that pause and resume: whose they are, what they take, and what they say."""

import math
from collections.abc import Callable
from datetime import datetime, timedelta

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from jobs.admin.verbs import may
from jobs.exceptions import InvalidOption, UnknownQueue, UnknownTaskType

PAUSE_PERMISSION = "jobs.pause_queue"
#: The longest pause that ends by itself, in minutes: a year.
MOST_MINUTES = 366 * 24 * 60

#: Does what the button of the thing of this name says, and tells what was done.
Press = Callable[[HttpRequest, str], str]


def button(
    site: AdminSite, press: Press, *, back: Callable[[HttpRequest, str], str]
) -> Callable[..., HttpResponse]:
    """The view of a button; `back` is the address of the page to see then."""

    def view(request: HttpRequest, name: str) -> HttpResponse:
        if not may(request.user, PAUSE_PERMISSION):
            raise PermissionDenied
        try:
            messages.success(request, press(request, name))
        except (UnknownQueue, UnknownTaskType) as error:
            raise Http404(str(error)) from error
        except InvalidOption as error:
            messages.error(request, str(error))
        return HttpResponseRedirect(back(request, name))

    return site.admin_view(require_POST(view))


def until_of(request: HttpRequest) -> datetime | None:
    """When the pause is to end by the minutes that were typed; None for as long as it takes.

    Raises:
        InvalidOption: they are no number of minutes.
    """
    minutes = request.POST.get("minutes", "").strip()
    if not minutes:
        return None
    try:
        count = float(minutes)
    except ValueError:
        count = math.nan
    if not 0 < count <= MOST_MINUTES:
        raise InvalidOption(
            field="minutes", given=minutes[:60], allowed=f"a number above 0, at most {MOST_MINUTES}"
        )
    return timezone.now() + timedelta(minutes=count)

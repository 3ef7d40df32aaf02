"""What operators may tell a worker: a question first, then one service call."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from jobs.admin.display import seen
from jobs.admin.verbs import MOST_REASON, may, reason_of
from jobs.domain.workers import Instruction, WorkerState
from jobs.exceptions import WorkerNotFound, WorkerRefused
from jobs.selectors.workers import WorkerFacts, workers
from jobs.services.instruct import instruct

PERMISSION = "jobs.manage_workers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One thing that a worker can be told, and from which states."""

    word: str
    instruction: Instruction
    label: str | Promise
    means: str | Promise
    done: str | Promise
    sources: frozenset[str]
    danger: bool = False

    def url(self, name: str) -> str:
        """Where it is asked and done."""
        return reverse("admin:jobs_workerlease_tell", args=[quote(name), self.word])


_LIVING = frozenset({WorkerState.IDLE, WorkerState.BUSY, WorkerState.LOST})
TELLINGS = (
    Telling(
        word="quiet",
        instruction=Instruction.QUIET,
        label=_("Quiet"),
        means=_(
            "Within about a second it begins nothing any more. What runs goes on; what it has not "
            "begun goes back. It stays so until it is resumed, stopped or restarted."
        ),
        done=_("It takes nothing new any more."),
        sources=_LIVING,
    ),
    Telling(
        word="resume",
        instruction=Instruction.WORK,
        label=_("Resume"),
        means=_("Within about a second it takes tasks again."),
        done=_("It takes tasks again."),
        sources=frozenset({WorkerState.QUIET}),
    ),
    Telling(
        word="stop",
        instruction=Instruction.STOP,
        label=_("Stop"),
        means=_(
            "As SIGTERM does: it begins nothing any more, what runs may end within the drain time, "
            "the rest goes back, and it is gone. Nothing takes it back. Whatever started it may "
            "start it anew, as a pool does."
        ),
        done=_("It goes once what runs has ended."),
        sources=_LIVING | {WorkerState.QUIET},
        danger=True,
    ),
)


def may_tell(request: HttpRequest) -> bool:
    """Whether this user may tell workers anything."""
    return may(request.user, PERMISSION) and may(request.user, "jobs.view_workerlease")


def possible(state: str) -> list[Telling]:
    """What a worker in this state can be told."""
    return [telling for telling in TELLINGS if state in telling.sources]


def telling_urls(site: AdminSite) -> list[URLPattern]:
    """The address of every question."""

    def view(request: HttpRequest, name: str, word: str) -> HttpResponse:
        return _tell(request, site, unquote(name), word)

    return [
        path(
            "<path:name>/tell/<slug:word>/",
            site.admin_view(require_http_methods(["GET", "HEAD", "POST"])(view)),
            name="jobs_workerlease_tell",
        )
    ]


def _tell(request: HttpRequest, site: AdminSite, name: str, word: str) -> HttpResponse:
    if not may_tell(request):
        raise PermissionDenied
    telling = next((each for each in TELLINGS if each.word == word), None)
    if telling is None:
        raise Http404
    if request.method == "POST":
        return _do(request, telling, name)
    facts = next((each for each in workers(most_tasks=1) if each.name == name), None)
    if facts is None:
        return _gone(request, WorkerNotFound(worker=name))
    request.current_app = site.name
    context = {**site.each_context(request), **_question(telling, facts)}
    return TemplateResponse(request, "admin/jobs/confirm.html", context)


def _question(telling: Telling, facts: WorkerFacts) -> dict[str, Any]:
    held = facts.held_count
    return {
        "title": format_lazy("{}: {}", telling.label, seen(facts.name)),
        "parents": [(reverse("admin:jobs_workerlease_changelist"), _("Workers"))],
        "lead": telling.means,
        "note": ngettext(
            "It holds %(count)d task now.", "It holds %(count)d tasks now.", held
        ) % {"count": held},
        "button": telling.label,
        "danger": telling.danger,
        "is_possible": facts.state in telling.sources,
        "refusal": format_lazy(_("It is {state}: that cannot be done now."), state=facts.state),
        "most_reason": MOST_REASON,
        "back_url": reverse("admin:jobs_workerlease_change", args=[quote(facts.name)]),
    }  # fmt: skip


def _do(request: HttpRequest, telling: Telling, name: str) -> HttpResponse:
    try:
        instruct(
            worker=name,
            instruction=telling.instruction,
            actor=request.user.get_username(),
            reason=reason_of(request),
        )
    except WorkerNotFound as error:
        return _gone(request, error)
    except WorkerRefused as error:
        messages.error(request, seen(str(error)))
    else:
        messages.success(request, f"{seen(name)}: {telling.done}")
    return HttpResponseRedirect(reverse("admin:jobs_workerlease_change", args=[quote(name)]))


def _gone(request: HttpRequest, error: WorkerNotFound) -> HttpResponse:
    messages.warning(request, seen(str(error)))
    return HttpResponseRedirect(reverse("admin:jobs_workerlease_changelist"))

"""The page of a verb that one task is done something with: a form, then the task it concerns."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.admin.options import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from jobs.admin.columns import state_badge_of
from jobs.admin.display import seen
from jobs.admin.parameters import EditForm, ParameterForm, form_for
from jobs.admin.verbs import DUPLICATE, MOST_REASON, RERUN, Verb, reason_of
from jobs.domain.registry import registry
from jobs.exceptions import InvalidArguments, TaskQueueError
from jobs.models import Task
from jobs.selectors.facts import redacted
from jobs.services.rerun import rerun


def verb_page(
    model_admin: ModelAdmin[Task], request: HttpRequest, task_id: UUID, verb: Verb
) -> HttpResponse:
    """Show the form of a verb, or do what it says and go to the task that came of it."""
    task = Task.objects.filter(pk=task_id).first()
    if task is None:
        raise Http404
    if not verb.allowed_on_page(request):
        raise PermissionDenied
    if request.method == "POST":
        form = _form(verb, task, request.POST)
        changed = _do(request, task, verb, form)
        if changed is not None:
            return HttpResponseRedirect(reverse("admin:jobs_task_change", args=[changed]))
    elif verb is DUPLICATE:
        return HttpResponseNotAllowed(["POST"])
    else:
        form = _form(verb, task)
    context: dict[str, Any] = {
        **model_admin.admin_site.each_context(request),
        "title": verb.label,
        "subtitle": "",
        "opts": model_admin.opts,
        "original": task,
        "badge": state_badge_of(task),
        "verb": verb,
        "form": form,
        "schema": _signature(task) if verb is RERUN else [],
        "most_reason": MOST_REASON,
    }
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(request, "admin/jobs/task/verb.html", context)


def _form(verb: Verb, task: Task, data: Any = None) -> ParameterForm:
    if verb is RERUN:
        return EditForm(data, initial={"kwargs": redacted(task.kwargs)})
    return form_for(verb.asks, data, initial={"queue": task.queue})


def _do(request: HttpRequest, task: Task, verb: Verb, form: ParameterForm) -> UUID | None:
    """The task to look at then; None when the form is wrong, which says so."""
    if not form.is_valid():
        return None
    actor, reason = request.user.get_username(), reason_of(request)
    try:
        if verb in (RERUN, DUPLICATE):
            edited = {"args": redacted(task.args), **form.cleaned_data} if verb is RERUN else {}
            new = rerun(task_id=task.pk, actor=actor, reason=reason, **edited)
            messages.success(request, _("This is the new task; it runs the old one again."))
            return new.pk
        report = verb.service(
            task_ids=[task.pk], actor=actor, reason=reason, parameters=form.parameters()
        )
        report.only(verb.name)
    except InvalidArguments as error:
        for fault in error.errors:
            form.add_error("kwargs", seen(f"{fault['field']}: {fault['message']}"))
        return None
    except TaskQueueError as error:
        form.add_error(None, seen(str(error)))
        return None
    messages.success(request, f"{verb.done}.")
    return task.pk


def _signature(task: Task) -> list[tuple[str, str, bool]]:
    """The arguments that its type takes: name, type, and whether it must be given."""
    try:
        schema = registry.get(task.name).arguments.json_schema()
    except TaskQueueError:
        return []
    required = set(schema.get("required", ()))
    return [
        (name, str(part.get("type") or part.get("anyOf") or ""), name in required)
        for name, part in schema.get("properties", {}).items()
    ]

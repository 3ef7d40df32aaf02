"""From a form filled in on a page to the task it asks for."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from jobs.broker.connection import queue_names
from jobs.domain.fields import Field, blame, fields_of, fill
from jobs.domain.options import check_tags
from jobs.domain.registry import TaskType, registry
from jobs.exceptions import InvalidArguments, InvalidOption, TaskQueueError, UnknownTaskType
from jobs.models import Task
from jobs.services.audit import entered_submit
from jobs.services.enqueue import enqueue

MOST_DELAY_SECONDS = 366 * 24 * 3600.0


@dataclass(slots=True, kw_only=True)
class SubmitForm:
    """The form as the page shows it; `task` is set once it was submitted.

    It holds no task type itself: a template would call it, as it calls whatever can be called.
    """

    names: list[str]
    queues: tuple[str, ...]
    name: str = ""
    description: str = ""
    own_queue: str = ""
    fields: list[Field] = field(default_factory=list)
    queue: str = ""
    delay: str = ""
    delay_error: str = ""
    tags: str = ""
    tags_error: str = ""
    errors: list[str] = field(default_factory=list)
    task: Task | None = None

    @property
    def is_faulty(self) -> bool:
        """Whether something must be corrected before it can be submitted."""
        own = (self.errors, self.delay_error, self.tags_error)
        return any(own) or any(item.error for item in self.fields)


def empty_form(name: str = "") -> SubmitForm:
    """The form of a task type, of the first one when there is none of this name."""
    offered = {task_type.name: task_type for task_type in registry.offered()}
    form = SubmitForm(names=list(offered), queues=queue_names())
    task_type = _offered(name) or next(iter(offered.values()), None)
    if task_type is not None:
        form.name, form.description = task_type.name, task_type.description
        form.own_queue = task_type.queue
        form.fields = fields_of(task_type.arguments.json_schema())
    return form


def example_form(name: str) -> SubmitForm:
    """The same, filled in with an example: the type's own, or one made from its signature."""
    form = empty_form(name)
    for item in form.fields:
        item.value = item.example
    return form


def submit(typed: Mapping[str, str], *, actor: str) -> SubmitForm:
    """Enqueue what the form asks for, or give it back with what is wrong."""
    task_type = _offered(typed.get("type", ""))
    form = empty_form(typed.get("type", ""))
    form.queue, form.delay = typed.get("queue", ""), typed.get("delay", "").strip()
    if task_type is None:
        form.errors.append(f"There is no task type {typed.get('type', '')!r}.")
        return form
    arguments = fill(form.fields, typed)
    run_after, tags = _run_after(form), _tags(form, typed.get("tags", ""))
    if form.is_faulty:
        return form
    try:
        with transaction.atomic():
            form.task = enqueue(
                task_type=task_type,
                kwargs=arguments,
                queue=form.queue or None,
                run_after=run_after,
                tags=tags,
                submitted_by=actor,
            )
            entered_submit(form.task)
    except InvalidArguments as error:
        form.errors += blame(form.fields, error.errors)
    except TaskQueueError as error:
        form.errors.append(str(error))
    return form


def _offered(name: str) -> TaskType[..., Any] | None:
    try:
        return registry.get_offered(name)
    except UnknownTaskType:
        return None


def _run_after(form: SubmitForm) -> datetime | None:
    if not form.delay:
        return None
    try:
        seconds = float(form.delay)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds <= MOST_DELAY_SECONDS:
        form.delay_error = (
            f"Must be a number of seconds from 0 to {MOST_DELAY_SECONDS:.0f}, "
            f"not {form.delay[:60]!r}."
        )
        return None
    return timezone.now() + timedelta(seconds=seconds) if seconds else None


def _tags(form: SubmitForm, typed: str) -> tuple[str, ...] | None:
    """What is typed, parted by commas; None, for the type's own, where nothing is."""
    form.tags = typed
    words = [word for each in typed.split(",") if (word := each.strip())]
    try:
        return check_tags(words) if words else None
    except InvalidOption as error:
        form.tags_error = f"Must be {error.context['allowed']}."
        return None

"""Rows as wide and as hostile as they come."""

from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.db import models
from django.utils import timezone

from jobs.domain.states import State
from jobs.models import Attempt, Event, Task
from tests.support.rows import ago, make_task

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\u202e"
#: The same and more; no text column holds a NUL.
WORST = f"{HOSTILE}\" onfocus=alert(3) x='\x1b[31m\x07\ufeff\U0001f9e8{{{{ 7 }}}}%s{'w' * 80}"
MEGABYTE = f"{WORST}\n" * 6000
#: Columns that have a shape of their own: model -> column -> value.
SHAPED: dict[str, dict[str, Any]] = {
    "Operation": {
        "filter": {"queue": WORST},
        "history": [{"verb": "pause", "actor": WORST, "reason": WORST, "at": "2026-01-31T12:00Z"}],
    },
    "WebhookDelivery": {"facts": "{}"},
    "LostWorker": {"task_ids": ["01a1ff25-a156-776b-aeb9-4939c74f32a6"]},
    "Failure": {"fingerprint": "0123456789abcdef"},
    "WorkerLease": {"name": WORST.replace("/", "")[:100]},  # its pages' addresses hold it
}


def rows_of_every_state() -> list[Task]:
    """Rows as wide and as hostile as they come."""
    tasks = [
        make_task(
            state=state,
            worker="host.example.org.with.a.long.name.4711",
            started_at=ago(5),
            finished_at=ago(1),
            error=f"{HOSTILE} {'long ' * 40}",
            kwargs={"text": HOSTILE * 3},
            name=f"shop.tasks.{'a_long_name_' * 8}",
        )
        for state in State
    ]
    for task in tasks:
        Attempt.objects.create(
            task=task,
            number=1,
            fence=1,
            outcome="failed",
            finished_at=ago(1),
            exception=HOSTILE,
            error=HOSTILE,
            traceback=f"{HOSTILE}\n{'x' * 300}",
        )
        Event.objects.create(task=task, kind="requeued", actor=HOSTILE, reason=HOSTILE)
    return tasks


def deep(levels: int = 100) -> object:
    """A JSON value so many levels deep, hostile at its bottom."""
    value: object = WORST
    for level in range(levels):
        value = {WORST: value} if level % 2 else [value, WORST]
    return value


def rows_of_every_model() -> None:
    """A row of each model of ours that has none, its texts as hostile as they come.

    Tasks in every state come with the largest and deepest of what they can carry. Models that are
    new are filled by the kinds of their columns; what has a shape of its own stands in `SHAPED`.
    """
    for task in rows_of_every_state():
        task.kwargs, task.result = {WORST: deep()}, deep()
        task.progress = {"percent": 40, "message": WORST}
        task.tags = [WORST[:50]] * 5
        task.submitted_by, task.unique_key = WORST[:150], f"{WORST[:120]}{task.state}"
        task.save()
        task.attempts.update(worker=WORST[:100], release=WORST[:64], log=WORST, queued_at=ago(9))
        texts = {"error": MEGABYTE, "traceback": MEGABYTE, "log": MEGABYTE}
        Attempt.objects.create(
            task=task, number=2, fence=2, outcome="lost", finished_at=ago(1), **texts
        )
    for model in apps.get_app_config("jobs").get_models():
        if not model._default_manager.exists():
            hostile_row(model)


def hostile_row(model: type[models.Model]) -> Any:
    """A row of a model, its texts as hostile as they come."""
    shaped = SHAPED.get(model.__name__, {})
    columns = {
        field.attname: shaped[field.name] if field.name in shaped else _value(field)
        for field in model._meta.concrete_fields
        if not isinstance(field, models.AutoField)
    }
    return model._default_manager.create(**columns)


def _value(field: Any) -> Any:
    if isinstance(field, models.ForeignKey):
        if field.related_model is field.model:
            return None
        return _key(field.related_model)
    if field.choices:
        return field.choices[0][0]
    if isinstance(field, models.CharField | models.TextField):
        return "https://example.com/" if "url" in field.name else WORST[: field.max_length or None]
    if isinstance(field, models.JSONField):
        return {dict: {WORST: WORST}, list: [WORST]}.get(field.default, WORST)
    if field.has_default() or field.null:
        return field.get_default()
    return timezone.now() if isinstance(field, models.DateField) else 1


def _key(model: type[models.Model]) -> Any:
    if model is User:
        return User.objects.get_or_create(username="eve")[0].pk
    return (model._default_manager.first() or hostile_row(model)).pk

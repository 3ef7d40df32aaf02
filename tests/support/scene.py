"""One of each thing that operators act on, and how all of it stands."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.utils import timezone
from redis import Redis

from jobs.domain.operations import Action
from jobs.models import AuditEntry, Rollup, WebhookDelivery, WorkerLease
from jobs.selectors.pages import TaskFilter
from jobs.services.deliver import ping
from jobs.services.operate import pause_operation
from jobs.services.pause import pause, pause_type
from jobs.services.tokens import create_token
from jobs.services.webhooks import disable
from tests.support.failures import make_failure
from tests.support.operations import begin, worked
from tests.support.rows import make_task
from tests.support.rq import line, plain, rung
from tests.support.webhooks import make_webhook


@dataclass(frozen=True, slots=True)
class Scene:
    """Ids, by the names that stand in rules; queue low and type calculate are paused."""

    ids: dict[str, str]

    def value(self, name: str, role: str) -> str:
        """What a name stands for to somebody in this role; a name that means nothing is itself."""
        return self.ids.get(f"{name} of {role}", self.ids.get(name, name))


def make_scene() -> Scene:
    """All of it; and a token for each user that there is."""
    waiting, dead = rung(), rung(state="FAILURE")
    webhook = make_webhook()
    ping(webhook_id=webhook.pk)
    held = pause(queue="low", actor="eve", reason="a deployment")
    pause_type(name="calculate", actor="eve", reason="a deployment")
    silent = make_webhook()
    disable(webhook_id=silent.pk, reason="it is away")
    gone = make_task(state="FAILURE")
    ended = worked(begin(Action.DISCARD, TaskFilter(ids=frozenset({gone.pk}))))
    paused = begin()
    pause_operation(operation_id=paused.pk, actor="eve")
    worker = WorkerLease.objects.create(name="w1", host="h1", pid=7)
    rollup = Rollup.objects.create(at=timezone.now(), queue="high", name="add")
    owner = User.objects.create_user("eve")
    tokens = {
        f"token of {user.username}": str(create_token(user=user, name="nightly").row.pk)
        for user in User.objects.all()
    }
    return Scene(
        {
            "owner": str(owner.pk),
            "waiting": str(waiting.pk),
            "waiting ticket": f"task-{waiting.pk}",
            "dead": str(dead.pk),
            "dead ticket": f"task-{dead.pk}",
            "job": plain().id,
            "failed job": plain(fails=True).id,
            "operation": str(begin().pk),
            "webhook": str(webhook.pk),
            "silent": str(silent.pk),
            "sum": str(make_task(state="FAILURE", kwargs={"x": 1, "y": 2}).pk),
            "gone": str(gone.pk),
            "ended operation": str(ended.pk),
            "paused": str(paused.pk),
            "worker": worker.name,
            "failure": make_failure().pk,
            "rollup": str(rollup.pk),
            "delivery": str(WebhookDelivery.objects.get().pk),
            "token": tokens["token of eve"],
            **tokens,
            "pause": str(held.pk),
        }
    )


def standing(redis: Redis) -> dict[str, Any]:
    """Every row of ours, and what lies on queue high."""
    rows: dict[str, Any] = {
        model.__name__: sorted(map(str, model._default_manager.values()))
        for model in apps.get_app_config("jobs").get_models()
        if model is not AuditEntry and model._meta.managed
    }
    return rows | {"line": line(redis), "users": list(User.objects.values("username"))}

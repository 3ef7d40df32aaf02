"""What each of the operators' pages shows to whom, and what can be done there.

A page that is added needs a rule here: `tests/integration/test_admin_matrix.py` says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME

from tests.support.scene import Scene

#: Instead of a permission: nobody at all; all members of staff; there is no such method; whatever
#: is answered to whom, it changes nothing.
NOBODY, STAFF, NO_METHOD, HARMLESS = "nobody", "staff", "no method", "harmless"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing at an address. `see` is what a GET asks for, `do` what a POST does.

    `at` gives the parts of the address, and `form` what is posted, each by a name of the scene or
    as it stands; `kept` are the verbs that the audit tells then, empty where nothing is changed.
    """

    see: str = NO_METHOD
    do: str = HARMLESS
    at: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    kept: str = ""
    own_login: bool = False
    is_told_to_redis: bool = False
    """It changes no row."""

    def posted(self, scene: Scene, role: str) -> dict[str, str]:
        """The form, as somebody in this role fills it in."""
        return {name: scene.value(value, role) for name, value in self.form.items()}


def _stock(model: str, see: str, row: str) -> dict[str, tuple[Rule, ...]]:
    """The pages that Django gives every model, where nobody edits anything by hand."""
    at = {"object_id": row}
    return {
        f"jobs_{model}_changelist": (Rule(see=see),),
        f"jobs_{model}_add": (Rule(see=NOBODY, do=NOBODY),),
        f"jobs_{model}_history": (Rule(see=see, at=at),),
        f"jobs_{model}_delete": (Rule(see=NOBODY, do=NOBODY, at=at, form={"post": "yes"}),),
        f"jobs_{model}_change": (Rule(see=see, do=NOBODY, at=at, form={"name": "x"}),),
        f"jobs_{model}_object": (Rule(see=STAFF, do=STAFF, at=at),),
    }


def _chosen(action: str, row: str, **more: str) -> dict[str, str]:
    return {"action": action, ACTION_CHECKBOX_NAME: row, **more}


def _selected(verb: str, row: str) -> Rule:
    form = _chosen(f"{verb}_selected", row, confirmed=verb)
    return Rule(see="view_task", do=f"{verb}_task", form=form, kept=f"task.{verb}")


def _verb(word: str, row: str) -> Rule:
    at = {"task_id": row, "word": word}
    return Rule(do=f"{word}_task", at=at, kept=f"task.{word}")


def _webhook(kept: str, **at: str) -> tuple[Rule, ...]:
    at = {"webhook_id": "webhook", **at}
    return (Rule(do="manage_webhooks", at=at, kept=f"webhook.{kept}"),)


_TERMS = {"url": "https://example.com/", "states": "FAILURE", "description": "x", "tags": ""}
_WEBHOOK = {"object_id": "webhook"}
_Q = {"queue_index": "1"}
_SEEN = (Rule(see="view_task", at=_Q),)


def _button(word: str, do: str, kept: str) -> tuple[Rule, ...]:
    """A button of RQ's pages: of a waiting task, and of a plain RQ job."""
    ticket, job = _Q | {"job_id": "waiting ticket"}, _Q | {"job_id": "job"}
    return (
        Rule(see="view_task", do=do, at=ticket, kept=kept),
        Rule(
            see=HARMLESS if word == "stop" else "view_task",
            do=do,
            at=job,
            kept=f"rq_job.{word}",
            is_told_to_redis=word == "stop",
        ),
    )


def _ticked(action: str, row: str, do: str, kept: str) -> Rule:
    form = {"action": action, "job_ids": row}
    return Rule(see="view_task", do=do, at=_Q, form=form, kept=kept)


def _asked(action: str, do: str) -> Rule:
    """The question before it changes nothing, and is asked of those who may answer it."""
    return Rule(see="view_task", do=do, at=_Q, form=_chosen(action, "waiting ticket"))


RULES: dict[str, tuple[Rule, ...]] = {
    **_stock("task", "view_task", "dead"),
    "jobs_task_changelist": (
        _selected("requeue", "dead"),
        _selected("cancel", "waiting"),
        _selected("discard", "dead"),
    ),
    "jobs_task_live": (Rule(see="view_task"),),
    "jobs_task_verb": (
        _verb("requeue", "dead"),
        _verb("cancel", "waiting"),
        _verb("discard", "dead"),
    ),
    **_stock("workerlease", "view_workerlease", "worker"),
    **_stock("rollup", "view_rollup", "rollup"),
    **_stock("queuepause", "view_task", "pause"),
    "jobs_queuepause_pause": (
        Rule(do="pause_queue", at={"name": "high"}, form={"reason": "x"}, kept="queue.pause"),
    ),
    "jobs_queuepause_resume": (Rule(do="pause_queue", at={"name": "low"}, kept="queue.resume"),),
    **_stock("operation", "view_task", "operation"),
    **{
        f"jobs_operation_{word}": (
            Rule(do="requeue_task", at={"operation_id": "operation"}, kept=f"operation.{word}"),
        )
        for word in ("pause", "cancel")
    },
    "jobs_operation_resume": (
        Rule(do="requeue_task", at={"operation_id": "paused"}, kept="operation.resume"),
    ),
    **_stock("apitoken", "manage_tokens", "token"),
    "jobs_apitoken_changelist": (
        Rule(
            see="manage_tokens",
            do="manage_tokens",
            form=_chosen("revoke_selected", "token"),
            kept="token.revoke",
        ),
        Rule(see="manage_tokens", form=_chosen("delete_selected", "token", post="yes")),
    ),
    "jobs_apitoken_add": (
        Rule(
            see="manage_tokens",
            do="manage_tokens",
            form={"user": "owner", "name": "x"},
            kept="token.create",
        ),
    ),
    **_stock("webhook", "manage_webhooks", "webhook"),
    "jobs_webhook_changelist": (
        Rule(
            see="manage_webhooks",
            do="manage_webhooks",
            form=_chosen("delete_selected", "webhook", post="yes"),
            kept="webhook.remove",
        ),
    ),
    "jobs_webhook_add": (
        Rule(see="manage_webhooks", do="manage_webhooks", form=_TERMS, kept="webhook.create"),
    ),
    "jobs_webhook_change": (
        Rule(
            see="manage_webhooks",
            do="manage_webhooks",
            at=_WEBHOOK,
            form=_TERMS,
            kept="webhook.change",
        ),
    ),
    "jobs_webhook_delete": (
        Rule(
            see="manage_webhooks",
            do="manage_webhooks",
            at=_WEBHOOK,
            form={"post": "yes"},
            kept="webhook.remove",
        ),
    ),
    "jobs_webhook_test": _webhook("test"),
    "jobs_webhook_enable": _webhook("enable", webhook_id="silent"),
    "jobs_webhook_disable": _webhook("disable"),
    "jobs_webhook_rotate": _webhook("rotate"),
    "jobs_webhook_resend": _webhook("resend", delivery_id="delivery"),
    "jobs_auditentry_changelist": (Rule(see="view_audit", do=NO_METHOD),),
    "jobs_auditentry_export": (Rule(see="view_audit", do=NO_METHOD),),
    "django_rq_home": (Rule(see="view_task"),),
    "django_rq_home_json": (Rule(see="view_task", do="view_task", own_login=True),),
    "django_rq_metrics": (Rule(see="view_task", do="view_task", own_login=True),),
    "django_rq_dashboard_changelist": (Rule(see="view_task"),),
    "django_rq_jobs": _SEEN,
    "django_rq_queue_details": _SEEN,
    "django_rq_finished_jobs": _SEEN,
    "django_rq_failed_jobs": _SEEN,
    "django_rq_scheduled_jobs": _SEEN,
    "django_rq_started_jobs": _SEEN,
    "django_rq_deferred_jobs": _SEEN,
    "django_rq_workers": _SEEN,
    "django_rq_worker_details": (Rule(see="view_task", at=_Q | {"key": "nothing"}),),
    "django_rq_scheduler_jobs": (Rule(see="view_task", at={"scheduler_index": "0"}),),
    "django_rq_cron_scheduler_detail": (
        Rule(see="view_task", at={"connection_index": "0", "scheduler_name": "nothing"}),
    ),
    "django_rq_cron_job_detail": (
        Rule(
            see="view_task",
            at={"connection_index": "0", "scheduler_name": "nothing", "cron_job_name": "nothing"},
        ),
    ),
    "django_rq_task_page": (Rule(see="view_task", at=_Q | {"job_id": "waiting ticket"}),),
    "django_rq_task_result": (
        Rule(see="view_task", at=_Q | {"job_id": "waiting ticket", "result_id": "nothing"}),
    ),
    "django_rq_job_detail": (Rule(see="view_payload", at=_Q | {"job_id": "job"}),),
    "django_rq_result_detail": (
        Rule(see="view_payload", at=_Q | {"job_id": "job", "result_id": "nothing"}),
    ),
    "django_rq_delete_job": _button("delete", "cancel_task", "task.cancel"),
    "django_rq_requeue_job": (
        Rule(
            see="view_task",
            do="requeue_task",
            at=_Q | {"job_id": "dead ticket"},
            kept="task.requeue",
        ),
        Rule(
            see="view_task",
            do="requeue_task",
            at=_Q | {"job_id": "failed job"},
            kept="rq_job.requeue",
        ),
    ),
    "django_rq_enqueue_job": (
        Rule(
            see="view_task",
            do="requeue_task",
            at=_Q | {"job_id": "dead ticket"},
            kept="task.requeue",
        ),
        Rule(see="view_task", do="requeue_task", at=_Q | {"job_id": "job"}, kept="rq_job.enqueue"),
    ),
    "django_rq_stop_job": _button("stop", "cancel_task", "task.cancel"),
    "django_rq_confirm_action": (
        _asked("delete", "cancel_task"),
        _asked("requeue", "requeue_task"),
        _asked("stop", "cancel_task"),
    ),
    "django_rq_actions": (
        _ticked("delete", "waiting ticket", "cancel_task", "task.cancel"),
        _ticked("requeue", "dead ticket", "requeue_task", "task.requeue"),
        _ticked("stop", "waiting ticket", "cancel_task", "task.cancel"),
        _ticked("delete", "job", "cancel_task", "rq_job.delete"),
        replace(_ticked("stop", "job", "cancel_task", "rq_job.stop"), is_told_to_redis=True),
    ),
    "django_rq_clear": (
        Rule(see="view_task", do="cancel_task", at=_Q, kept="task.cancel queue.empty"),
    ),
    "django_rq_requeue_all": (
        Rule(see="view_task", do="requeue_task", at=_Q, kept="task.requeue queue.requeue_failed"),
    ),
    "django_rq_delete_failed_jobs": (
        Rule(see="view_task", do="discard_task", at=_Q, kept="task.discard queue.clear_failed"),
    ),
}

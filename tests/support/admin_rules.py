"""What each of the operators' pages shows to whom, and what can be done there.

A page that is added needs a rule here: `tests/integration/test_admin_matrix.py` says so.
"""

from datetime import timedelta

from django.utils import timezone

from tests.support.rules import HARMLESS, NO_METHOD, NOBODY, STAFF, Rule, chosen


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


#: The verbs on tasks: on which one of the scene, what it asks for, what is kept, and its form.
_VERBS = {
    "requeue": ("dead", "requeue_task", "task.requeue", {}),
    "cancel": ("waiting", "cancel_task", "task.cancel", {}),
    "discard": ("dead", "discard_task", "task.discard", {}),
    "restore": ("gone", "discard_task", "task.restore", {}),
    "reschedule": (
        "waiting",
        "reschedule_task",
        "task.reschedule",
        {"when": "later", "run_after": f"{timezone.now() + timedelta(days=1):%Y-%m-%dT%H:%M:%S}"},
    ),
    "move": ("waiting", "move_task", "task.move", {"queue": "default"}),
    "rerun": ("sum", "requeue_task", "task.rerun", {"kwargs": '{"x": 1, "y": 2}'}),
    "duplicate": ("sum", "requeue_task", "task.rerun", {}),
}


def _selected(verb: str) -> Rule:
    row, do, kept, asked = _VERBS[verb]
    form = chosen(f"{verb}_selected", row, confirmed=verb, **asked)
    return Rule(see="view_task", do=do, form=form, kept=kept)


def _verb(word: str) -> Rule:
    row, do, kept, form = _VERBS[word]
    return Rule(see=HARMLESS, do=do, at={"task_id": row, "word": word}, form=form, kept=kept)


def _webhook(kept: str, **at: str) -> tuple[Rule, ...]:
    at = {"webhook_id": "webhook", **at}
    return (Rule(do="manage_webhooks", at=at, kept=f"webhook.{kept}"),)


_TERMS = {"url": "https://example.com/", "states": "FAILURE", "description": "x", "tags": ""}
_WEBHOOK = {"object_id": "webhook"}
_DEAD = {"task_id": "dead"}
RULES: dict[str, tuple[Rule, ...]] = {
    **_stock("task", "view_task", "dead"),
    "jobs_task_changelist": (
        *(_selected(verb) for verb in _VERBS),
        *(
            Rule(
                see="view_task",
                do="view_task",
                form=chosen(f"export_{kind}", "dead"),
                kept="task.export",
                changes_no_row=True,
            )
            for kind in ("csv", "json")
        ),
    ),
    "jobs_task_live": (Rule(see="view_task"),),
    "jobs_task_compare": (Rule(see="view_task", do=NO_METHOD, at=_DEAD),),
    "jobs_task_raw": (Rule(see="view_task", do=NO_METHOD, at=_DEAD),),
    "jobs_task_text": (Rule(see="view_payload", do=NO_METHOD, at=_DEAD | {"part": "error"}),),
    "jobs_task_attempt_text": (
        Rule(see="view_payload", do=NO_METHOD, at=_DEAD | {"number": "1", "part": "error"}),
    ),
    "jobs_task_verb": tuple(_verb(verb) for verb in _VERBS),
    **_stock("workerlease", "view_workerlease", "worker"),
    "jobs_workerlease_tell": tuple(
        Rule(
            see="manage_workers",
            do="manage_workers",
            at={"name": "worker", "word": word},
            kept=f"worker.{word}",
        )
        for word in ("quiet", "stop")
    ),
    **_stock("failure", "view_task", "failure"),
    "jobs_failure_change": (Rule(see="view_task", at={"object_id": "failure"}),),
    "jobs_failure_decide": tuple(
        Rule(
            do="triage_failures",
            at={"fingerprint": "failure"},
            form={"do": word, "note": "x", "assignee": "eve"},
            kept=f"failure.{word}",
        )
        for word in ("acknowledge", "mute", "resolve", "assign", "note")
    ),
    "jobs_failure_act": tuple(
        Rule(
            see=f"{word}_task",
            do=f"{word}_task",
            at={"fingerprint": "failure", "word": word},
            form={"confirmed": word},
            kept="operation.begin",
        )
        for word in ("requeue", "discard", "cancel")
    ),
    "jobs_tasktypes_changelist": (Rule(see="view_task"),),
    "jobs_tasktypes_type": (
        Rule(
            see="view_task",
            do="submit_task",
            at={"name": "add"},
            form={"argument-x": "1", "argument-y": "2"},
            kept="task.submit",
        ),
    ),
    "jobs_tasktypes_pause": (
        Rule(do="pause_queue", at={"name": "add"}, form={"reason": "x"}, kept="type.pause"),
    ),
    "jobs_tasktypes_resume": (
        Rule(do="pause_queue", at={"name": "calculate"}, kept="type.resume"),
    ),
    "jobs_system_changelist": (Rule(see="view_task"),),
    "jobs_queuepause_queue": (Rule(see="view_task", at={"name": "high"}),),
    "jobs_queuepause_clear": (
        Rule(
            see="cancel_task",
            do="cancel_task",
            at={"name": "high"},
            form={"reason": "x", "typed": "high"},
            kept="operation.begin",
        ),
    ),
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
    "jobs_operation_undo": (
        Rule(do="discard_task", at={"operation_id": "ended operation"}, kept="operation.undo"),
    ),
    "jobs_operation_report": (Rule(see="view_task", at={"operation_id": "ended operation"}),),
    **_stock("apitoken", "manage_tokens", "token"),
    "jobs_apitoken_changelist": (
        Rule(
            see="manage_tokens",
            do="manage_tokens",
            form=chosen("revoke_selected", "token"),
            kept="token.revoke",
        ),
        Rule(see="manage_tokens", form=chosen("delete_selected", "token", post="yes")),
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
            form=chosen("delete_selected", "webhook", post="yes"),
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
}

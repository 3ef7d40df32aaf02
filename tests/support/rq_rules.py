"""What django-rq's pages show to whom, and what can be done there."""

from dataclasses import replace

from tests.support.rules import HARMLESS, Rule, chosen

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
            changes_no_row=word == "stop",
        ),
    )


def _ticked(action: str, row: str, do: str, kept: str) -> Rule:
    form = {"action": action, "job_ids": row}
    return Rule(see="view_task", do=do, at=_Q, form=form, kept=kept)


def _asked(action: str, do: str) -> Rule:
    """The question before it changes nothing, and is asked of those who may answer it."""
    return Rule(see="view_task", do=do, at=_Q, form=chosen(action, "waiting ticket"))


RULES: dict[str, tuple[Rule, ...]] = {
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
        replace(_ticked("stop", "job", "cancel_task", "rq_job.stop"), changes_no_row=True),
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

"""The three groups, everybody who may come to an operators' page, and what each may do.

In words of their own: not read from the groups, which they are to prove.
"""

from django.contrib.auth.models import Group, User
from django.test import Client

VIEWER = {"view_task", "view_workerlease", "view_rollup"}
OPERATOR = VIEWER | {
    "view_payload",
    "submit_task",
    "cancel_task",
    "requeue_task",
    "discard_task",
    "reschedule_task",
    "move_task",
    "pause_queue",
    "view_audit",
    "triage_failures",
    "manage_workers",
}
ADMIN = OPERATOR | {"manage_tokens", "manage_webhooks", "manage_schedules"}
ROLES: dict[str, set[str]] = {
    "anonymous": set(),
    "not staff": set(),
    "staff": set(),
    "viewer": VIEWER,
    "operator": OPERATOR,
    "admin": ADMIN,
    "superuser": ADMIN,
}
STRANGERS = frozenset({"anonymous", "not staff"})


def client_in(role: str) -> Client:
    """A browser of somebody in this role, who is named for it where anybody is logged in."""
    client = Client()
    if role == "anonymous":
        return client
    user = User.objects.create_user(
        role, is_staff=role != "not staff", is_superuser=role == "superuser"
    )
    if role in {"viewer", "operator", "admin"}:
        user.groups.add(Group.objects.get(name=role))
    client.force_login(user)
    return client

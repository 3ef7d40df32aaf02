"""Who may see and do what on the pages and sockets: Django's permissions, one per verb."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser, AnonymousUser

#: What nobody in particular may do where `JOBS["ANONYMOUS_ACCESS"]` is on.
OPEN_TO_ALL = frozenset({"view_task", "view_payload", "submit_task", "cancel_task", "requeue_task"})


def may(user: AbstractUser | AnonymousUser, verb: str) -> bool:
    """Whether the user holds `jobs.<verb>`; costs a query or two for a fresh user."""
    if settings.JOBS.get("ANONYMOUS_ACCESS") and verb in OPEN_TO_ALL:
        return True
    return bool(user.has_perm(f"jobs.{verb}"))


def actor_of(user: AbstractUser | AnonymousUser) -> str:
    """The name under which history tells of this user."""
    return user.get_username() or "anonymous"

"""Users, their permissions and their tokens."""

from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client

from jobs.services.tokens import create_token
from tests.support.api import Caller


def grant(user: User, *verbs: str) -> None:
    """Give a user exactly these permissions of Task."""
    user.user_permissions.set(
        Permission.objects.filter(
            content_type__app_label="jobs", content_type__model="task", codename__in=verbs
        )
    )


def make_user(*verbs: str, name: str = "ada", **columns: Any) -> User:
    """A user who holds these permissions of Task."""
    user = User.objects.create_user(name, **columns)
    grant(user, *verbs)
    return user


def make_token(user: User, **options: Any) -> str:
    """A new token of the user, as text."""
    return create_token(user=user, **{"name": "nightly"} | options).plain


def bearer(token: str) -> Caller:
    """A program that sends this token from another machine."""
    return Caller(Client(headers={"Authorization": f"Bearer {token}"}, REMOTE_ADDR="192.0.2.7"))

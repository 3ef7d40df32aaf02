"""Members of staff, and the browsers they are logged in with."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.test import Client


def make_staff(*permissions: str, name: str = "ada") -> User:
    """A member of staff who holds these permissions, each as in `jobs.view_task`."""
    user = User.objects.create_user(name, password=name, is_staff=True)
    for permission in permissions:
        app, codename = permission.split(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codename)
        )
    return user


def client_of(*permissions: str, name: str = "ada") -> Client:
    """A client logged in as such a member of staff."""
    client = Client()
    client.force_login(make_staff(*permissions, name=name))
    return client


def cookie_of(*permissions: str) -> bytes:
    """The session cookie of such a member of staff, as a header says it."""
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={client_of(*permissions).cookies[name].value}".encode()


def make_superuser_client() -> Client:
    """A client logged in as a superuser named root."""
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="root"))
    return client


def said(response: Any) -> str:
    """The messages that an answer leaves for its user."""
    return " ".join(str(message) for message in get_messages(response.wsgi_request))

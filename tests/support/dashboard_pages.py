"""Every page of the dashboard, found by its own addresses; and what tests do with them."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from django.contrib.auth.models import Permission, User
from django.test import Client

from dashboard.urls import urlpatterns

_PARAMETER = re.compile(r"<\w+:(\w+)>")
#: What is asked for by scripts, or by forms alone.
NO_PAGES = frozenset({"live", "rows", "cancel", "requeue"})


def address(name: str, **given: object) -> str:
    """Where a page is; a parameter that is not given is that of a row which always exists."""
    path = next(str(pattern.pattern) for pattern in urlpatterns if pattern.name == name)
    values = {"name": "high" if name == "queue" else "add"} | given
    return "/" + _PARAMETER.sub(lambda found: quote(str(values[found[1]])), path)


def pages(**given: object) -> Mapping[str, str]:
    """Name -> address of each page; `task_id` must be given."""
    names = [str(pattern.name) for pattern in urlpatterns]
    return {name: address(name, **given) for name in names if name not in NO_PAGES}


def with_permissions(*verbs: str) -> Client:
    """A visitor who logged in and holds these permissions alone."""
    user = User.objects.create_user("ada", password="x")
    user.user_permissions.set(Permission.objects.filter(codename__in=verbs))
    client = Client()
    client.force_login(user)
    return client


def html(response: Any) -> str:
    """The text of an answer."""
    return str(response.content.decode())


def submit_with_token(browser: Client, page: str, url: str, **fields: str) -> Any:
    """Load a page, and send a form of it as a browser without scripts would."""
    browser.get(page)
    fields["csrfmiddlewaretoken"] = browser.cookies["csrftoken"].value
    return browser.post(url, fields)

"""Actions of the admin's tasks list, chosen and confirmed as its forms do."""

from typing import Any

from django.test import Client

from jobs.models import Task

URL = "/admin/jobs/task/"


def ask(client: Client, verb: str, tasks: list[Task], url: str = URL, **form: Any) -> Any:
    """Choose an action for ticked rows, as the list's form posts it."""
    ticked = {"_selected_action": [str(task.pk) for task in tasks]}
    return client.post(url, {"action": f"{verb}_selected", "index": "0"} | ticked | form)


def confirm(client: Client, verb: str, tasks: list[Task], url: str = URL, **form: Any) -> Any:
    """Confirm it, as the page that asks posts it."""
    ticked = {"_selected_action": [str(task.pk) for task in tasks]}
    return client.post(url, {"action": f"{verb}_selected", "confirmed": verb} | ticked | form)


def upto_of(page: Any) -> str:
    """The moment of the question, as its form posts it."""
    return str(page.context["upto"])

"""Every page of ours in the admin, found by the admin's own addresses."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote as url_quote

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.test import Client
from django.urls import URLPattern, get_resolver

from jobs.models import Attempt, WorkerLease

#: Addresses that are Django's own, or lead to others.
_NOT_OURS = re.compile(
    r"^(auth/|login|logout|password_change|autocomplete|jsi18n|r/|sites/|django_rq/|\(\?P<url>)"
)
_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
_APP_LIST = "app_list"
#: What a page wants to be asked.
_QUERIES = {"jobs_task_compare": "?first=1&second=2"}
#: Values of parameters; one that is meant for the pages of a model alone stands behind their name.
_EXAMPLES = {
    "name": "high",
    "jobs_tasktypes.name": "add",
    "fingerprint": "0123456789abcdef",
    "number": "1",
    "part": "error",
    "word": "requeue",
    "jobs_workerlease.word": "quiet",
}
#: What is no page: others are asked for by a form, refused to everybody, or no HTML.
_NO_PAGE = frozenset({403, 405})


def pages(client: Client) -> dict[str, str]:
    """Name -> address of each page that a superuser with these rows can open.

    A page that is new is found by itself. One whose address has a parameter of a new name fails
    here until `_EXAMPLES` has a value for it; one that leads elsewhere when it is asked nothing,
    until `_QUERIES` says what to ask.
    """
    found = {"index": "/admin/", _APP_LIST: "/admin/jobs/"}
    for route, name in _routes():
        path = f"/admin/{_filled(route, name)}{_QUERIES.get(name, '')}"
        response = client.get(path)
        is_html = str(response.headers.get("Content-Type", "")).startswith("text/html")
        if response.status_code in _NO_PAGE or (response.status_code == 200 and not is_html):
            continue
        assert response.status_code == 200, f"{name}: {path} answers {response.status_code}"
        found[name] = path
    return found


def _routes() -> Iterator[tuple[str, str]]:
    _, resolver = get_resolver().namespace_dict["admin"]
    for route, name in _walk(resolver, ""):
        if name and name != _APP_LIST and not _NOT_OURS.match(route):
            yield route, name


def _walk(resolver: Any, before: str) -> Iterator[tuple[str, str]]:
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route, pattern.name
        else:
            yield from _walk(pattern, route)


def _filled(route: str, name: str) -> str:
    return _PARAMETER.sub(lambda given: _example(given[1], name), route)


def _example(parameter: str, name: str) -> str:
    if parameter == "object_id":
        model = next(each for each in admin.site._registry if f"_{_label(each)}_" in f"_{name}")
        return quote(str(model._default_manager.order_by("-pk")[0].pk))
    if parameter == "task_id":
        return str(Attempt.objects.filter(number=2)[0].task_id)
    models = {each._meta.model_name: each for each in apps.get_app_config("jobs").get_models()}
    model_name = {"delivery_id": "webhookdelivery"}.get(parameter, parameter.removesuffix("_id"))
    if model_name in models:
        return str(models[model_name]._default_manager.all()[0].pk)
    own = f"{name.rpartition('_')[0]}.{parameter}"
    if own == "jobs_workerlease.name":
        return url_quote(WorkerLease.objects.all()[0].name, safe="")
    if own in _EXAMPLES:
        return _EXAMPLES[own]
    assert parameter in _EXAMPLES, f"give an example of {parameter!r}, for {name}, in {__file__}"
    return _EXAMPLES[parameter]


def _label(model: Any) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}"

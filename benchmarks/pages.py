"""How soon the operators' pages are answered over a large site's tables."""

import sys
from collections.abc import Iterator

from benchmarks.figures import Reading
from benchmarks.http import HEALTHZ, a_site
from benchmarks.load import Client, request
from benchmarks.world import World

#: Of the ended tasks, in thousandths.
FAILED_PERMILLE = 200
MOST_OPEN = 5_000
#: Each page has this share of the requests that were asked for.
SHARE = 20


def admin(world: World) -> tuple[Reading]:
    """The 95th percentile of the slowest page of the admin, one request at a time, in ms.

    Every list and its filters, and a page of each kind of thing, as a superuser. Those of each go
    to stderr.
    """
    _fill(world)
    found, empty = _answered(world, _admin_paths())
    return (Reading(max(found), {"empty-view": empty}),)


def dashboard(world: World) -> tuple[Reading, ...]:
    """The same of the overview and of the slowest page of the dashboard, over all spans of time."""
    _fill(world)
    found, empty = _answered(world, _dashboard_paths())
    limits = {"empty-view": empty}
    return Reading(found[0], limits), Reading(max(found), limits)


def _fill(world: World) -> None:
    from jobs.management import seed

    if not seed.is_seeded():
        seed.fill(world.history, failed_permille=FAILED_PERMILLE)
        seed.fill_tags()
        seed.fill_open(min(MOST_OPEN, world.history))


def _answered(world: World, paths: Iterator[str]) -> tuple[list[float], float]:
    """Milliseconds of each page, and of a view that asks nothing."""
    cookie, each = a_session(), []
    with a_site(processes=1) as site, Client(site.port, connections=1) as client:
        empty = client.saturate([site.get(HEALTHZ)] * 200).percentile_ms(95)
        for path in paths:
            page = request("GET", path, cookie=cookie)
            client.ask(page)
            found = client.saturate([page] * (world.count // SHARE)).percentile_ms(95)
            print(f"{found:8.1f} ms  {path}", file=sys.stderr)
            each.append(found)
    return each, empty


def a_session() -> str:
    """The cookie of a superuser who is logged in."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import User
    from django.contrib.sessions.backends.db import SessionStore

    user, _ = User.objects.get_or_create(username="watching", is_superuser=True, is_staff=True)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def _dashboard_paths() -> Iterator[str]:
    """The overview first."""
    from django.urls import reverse

    from jobs.domain.spans import Span
    from jobs.management import seed
    from jobs.models import Task

    overview = reverse("dashboard:overview")
    yield overview
    for span in Span:
        yield f"{overview}?span={span.value}"
    for name in ("live", "queues", "types", "workers", "submit"):
        yield reverse(f"dashboard:{name}")
    yield f"{reverse('dashboard:types')}?window=7d"
    yield f"{reverse('dashboard:queue', args=['high'])}?span=7d"
    yield f"{reverse('dashboard:type', args=[f'{seed.NAME}.type_0'])}?span=90d"
    yield reverse("dashboard:task", args=[Task.objects.newest_first()[0].pk])


def _admin_paths() -> Iterator[str]:
    from django.contrib import admin as site
    from django.urls import reverse

    from jobs.management import seed
    from jobs.models import Failure, Task

    yield reverse("admin:index")
    for model in site.site._registry:  # noqa: SLF001 - the one way to all of them
        if model._meta.app_label == "jobs":  # noqa: SLF001 - Django's public way
            yield reverse(f"admin:jobs_{model._meta.model_name}_changelist")  # noqa: SLF001
    tasks = reverse("admin:jobs_task_changelist")
    for state in ("SUCCESS", "FAILURE", "PENDING"):
        yield f"{tasks}?state={state}"
        yield f"{tasks}?state={state}&queue=high"
        yield f"{tasks}?state={state}&q=arg.number%3A1000"
        row = Task.objects.filter(state=state).order_by("pk").first()
        if row is not None:
            yield reverse("admin:jobs_task_change", args=[row.pk])
    for query in (f"task:{seed.NAME}.type_3", "tag:common", "error:nowhere", "run>1h"):
        yield f"{tasks}?q={query}"
    failure = Failure.objects.first()
    if failure is not None:
        yield reverse("admin:jobs_failure_change", args=[failure.pk])
    yield reverse("admin:jobs_tasktypes_type", args=[f"{seed.NAME}.type_0"])

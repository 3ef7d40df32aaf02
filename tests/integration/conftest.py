from collections.abc import Callable, Iterator

import pytest
from django.db import connections
from django.test import Client
from pytest_django.fixtures import Settings

from jobs.broker.connection import redis as redis_client
from jobs.store import webhooks
from taskqueue_site.up.ports import free_port
from tests.support.api import Caller
from tests.support.receiver import ALLOWED, Receiver, running_receiver
from tests.support.staff import make_superuser_client


@pytest.fixture
def api(client: Client) -> Caller:
    """A caller without an account, from this machine: development settings let it in."""
    return Caller(client)


@pytest.fixture
def no_database() -> Iterator[None]:
    """The database is away: nothing listens where it was."""
    connection = connections["default"]
    connection.close()
    there = connection.settings_dict.copy()
    connection.settings_dict |= {"NAME": "/dev/null/none", "PORT": free_port()}
    yield
    connection.close()
    connection.settings_dict.update(there)


@pytest.fixture
def no_redis(settings: Settings) -> Iterator[None]:
    """Redis is away: nothing listens where it was."""
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    redis_client.cache_clear()
    yield
    redis_client.cache_clear()


@pytest.fixture
def root(db: None) -> Client:
    """A browser in which the superuser root is logged in."""
    return make_superuser_client()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of webhooks on this machine."""
    with running_receiver() as running:
        yield running


@pytest.fixture
def fresh_webhooks() -> Iterator[None]:
    """This process has not looked at the webhooks before, nor does it remember them after."""
    webhooks.forget()
    yield
    webhooks.forget()


@pytest.fixture
def jobs(settings: Settings) -> Callable[..., None]:
    """Sets keys of settings.JOBS; receivers on this machine may be told."""

    def use(**keys: object) -> None:
        settings.JOBS = settings.JOBS | {key.upper(): value for key, value in keys.items()}

    use(**ALLOWED)
    return use


@pytest.fixture
def browser() -> Client:
    """A visitor whose forms are checked for their CSRF token."""
    return Client(enforce_csrf_checks=True)

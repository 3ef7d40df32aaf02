"""Fixtures for every test."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from pytest_django import DjangoAssertNumQueries
from redis import Redis


@pytest.fixture
def django_assert_max_num_queries(
    django_assert_max_num_queries: DjangoAssertNumQueries, db: None
) -> DjangoAssertNumQueries:
    """Queries of a process that has served a page before: it knows the types of content."""
    ContentType.objects.get_for_models(*apps.get_models())
    return django_assert_max_num_queries


@pytest.fixture(scope="session")
def _redis_client() -> Iterator[Redis]:
    with Redis.from_url(settings.REDIS_URL) as client:
        yield client


@pytest.fixture(autouse=True)
def redis(_redis_client: Redis) -> Redis:
    """The run's Redis, empty at the start of each test."""
    _redis_client.flushdb()
    return _redis_client

"""Fixtures for every test."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from redis import Redis


@pytest.fixture(scope="session")
def _redis_client() -> Iterator[Redis]:
    with Redis.from_url(settings.REDIS_URL) as client:
        yield client


@pytest.fixture(autouse=True)
def redis(_redis_client: Redis) -> Redis:
    """The run's Redis, empty at the start of each test."""
    _redis_client.flushdb()
    return _redis_client

"""Fixtures for tests of task types."""

import pytest
from hypothesis import HealthCheck, settings

from jobs import backend, checks
from jobs.domain import registry as module
from jobs.domain import running
from jobs.domain.registry import Registry

# How long an example takes says how busy the machine is, and nothing about the code.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


@pytest.fixture
def own_registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    """An empty registry in place of the process's: what a test declares, no other test meets."""
    own = Registry()
    for place in (module, running, backend, checks):
        monkeypatch.setattr(place, "registry", own)
    return own

import pytest
from django.test import Client

from tests.support.api import Caller


@pytest.fixture
def api(client: Client) -> Caller:
    """A caller without an account, from this machine: development settings let it in."""
    return Caller(client)

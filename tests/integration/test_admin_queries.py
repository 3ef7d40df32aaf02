"""What a page of the operators asks of the database: few questions, however much there is."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.support.admin_pages import pages
from tests.support.hostile import rows_of_every_model
from tests.support.rows import make_task

pytestmark = pytest.mark.django_db

#: Who asks, and with what session, included.
MOST_QUERIES = 12


def test_no_page_asks_more_than_a_dozen_times_and_none_asks_for_each_row(root):
    # given a row of each kind, and what every page asks then
    rows_of_every_model()
    found = pages(root)
    before = {name: asked(root, path) for name, path in found.items()}
    assert {name: count for name, count in before.items() if count > MOST_QUERIES} == {}

    # when there are many more tasks
    for _ in range(30):
        make_task(state="FAILURE")

    # then each page asks as often as before
    after = {name: asked(root, path) for name, path in found.items()}
    assert {name: (before[name], after[name]) for name in after if after[name] > before[name]} == {}


def asked(client, path):
    """How many statements a page takes."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)

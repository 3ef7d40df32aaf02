"""Whatever a row holds, every page of ours shows it as text."""

import re

import pytest

from tests.support.admin_pages import pages
from tests.support.hostile import rows_of_every_model

pytestmark = pytest.mark.django_db

#: What reorders, hides or breaks the text around it.
GARBLING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff]")
#: What somebody edits stands in its field as it is.
EDITED = re.compile(r'<input type="(?:text|url)"[^>]*>|<textarea\b.*?</textarea>', re.DOTALL)
#: Markup that no template of ours or of Django's writes.
HARMFUL = re.compile(r"<script>alert|<img src=x|\"\s+onfocus=alert|'\s+onfocus=alert")
#: No page is larger than this, though a row may hold megabytes.
MOST_BYTES = 1_000_000


def test_hostile_text_in_every_column_is_text_on_every_page(root):
    # given
    rows_of_every_model()

    # then
    found = pages(root)
    assert {"index", "jobs_task_changelist", "jobs_task_change", "jobs_task_compare"} <= {*found}
    troubles = {name: _troubles(root.get(path).content) for name, path in found.items()}
    assert {name: trouble for name, trouble in troubles.items() if trouble} == {}


def _troubles(page: bytes) -> list[str]:
    shown = page.decode()
    garbling = GARBLING.finditer(EDITED.sub("", shown))
    found = HARMFUL.findall(shown) + [f"garbles: {each[0]!r}" for each in garbling]
    return found if len(page) < MOST_BYTES else [*found, f"{len(page)} bytes"]

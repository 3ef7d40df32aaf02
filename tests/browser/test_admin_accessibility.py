"""Every page of ours in the admin, for those who see, hear, press and hold it differently."""

import pytest

from tests.support.accessibility import TOO_WIDE, grave
from tests.support.admin_pages import pages
from tests.support.browsing import Visitor
from tests.support.hostile import rows_of_every_model
from tests.support.staff import make_superuser_client

pytestmark = [
    pytest.mark.browser,
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True),
]

PHONE = {"width": 360, "height": 740}


def all_pages() -> dict[str, str]:
    rows_of_every_model()
    return pages(make_superuser_client())


@pytest.mark.timeout(900)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_violation(visit: Visitor, scheme: str) -> None:
    # given pages of the most hostile rows
    found = all_pages()
    page = visit("/admin/", color_scheme=scheme)

    # then
    troubles = {}
    for name, path in found.items():
        page.goto(path)
        troubles[name] = grave(page)
    assert [f"{name}: {each}" for name, told in troubles.items() for each in told] == []


def test_no_page_scrolls_sideways_on_a_small_phone(visit: Visitor) -> None:
    # given
    found = all_pages()
    page = visit("/admin/", viewport=PHONE)

    # then
    troubles = {}
    for name, path in found.items():
        page.goto(path)
        troubles[name] = page.evaluate(TOO_WIDE)
    assert [f"{name}: {each}" for name, told in troubles.items() for each in told] == []


def test_nothing_moves_for_who_wants_no_motion(visit: Visitor) -> None:
    # given
    all_pages()
    page = visit("/admin/jobs/task/", reduced_motion="reduce")

    # when a cell is told anew
    page.locator(".jobs-badge").first.evaluate("badge => badge.classList.add('jobs-fresh')")

    # then
    assert page.evaluate("document.getAnimations().length") == 0

"""Every page of the dashboard, for those who see, hear, press and hold it differently."""

import pytest

from jobs.domain.states import State
from jobs.models import Attempt
from tests.support.accessibility import TOO_WIDE, grave
from tests.support.browsing import Visitor
from tests.support.dashboard_pages import pages
from tests.support.hostile import rows_of_every_model

pytestmark = [
    pytest.mark.browser,
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True),
]


def all_pages() -> dict[str, str]:
    """Of the most hostile rows; of tasks, one in each state."""
    rows_of_every_model()
    of_states = {
        f"task {state}": f"/tasks/{Attempt.objects.filter(task__state=state)[0].task_id}/"
        for state in (State.STARTED, State.FAILURE, State.SUCCESS)
    }
    any_task = Attempt.objects.all()[0].task_id
    return dict(pages(task_id=any_task)) | of_states


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_serious_violation(visit: Visitor, scheme: str) -> None:
    # given pages of the most hostile rows
    found = all_pages()
    page = visit("/", color_scheme=scheme)

    # then
    troubles = {}
    for name, path in found.items():
        page.goto(path)
        troubles[name] = grave(page)
    assert [f"{name}: {each}" for name, told in troubles.items() for each in told] == []


@pytest.mark.parametrize("width", [390, 800, 1360])
def test_no_page_is_wider_than_its_screen(visit: Visitor, width: int) -> None:
    # given
    found = all_pages()
    page = visit("/", viewport={"width": width, "height": 844})

    # then
    troubles = {}
    for name, path in found.items():
        page.goto(path)
        troubles[name] = page.evaluate(TOO_WIDE)
    assert [f"{name}: {each}" for name, told in troubles.items() for each in told] == []


def test_every_control_has_a_name_and_every_table_a_caption(visit: Visitor) -> None:
    found = all_pages()
    page = visit("/")
    for path in found.values():
        page.goto(path)
        nameless = page.evaluate(
            """() => [...document.querySelectorAll("input, select, textarea, button")]
                .filter((item) => item.type !== "hidden" && !item.hidden && !item.labels?.length
                    && !item.ariaLabel && !item.textContent.trim())
                .map((item) => item.outerHTML)"""
        )
        assert nameless == []
        assert page.locator("table:not(:has(caption))").count() == 0
        assert page.locator("h1").count() == 1


def test_nothing_moves_for_who_wants_no_motion(visit: Visitor) -> None:
    page = visit("/", reduced_motion="reduce")
    moving = """() => [...document.querySelectorAll("*")].filter((element) => {
        const style = getComputedStyle(element);
        return parseFloat(style.transitionDuration) > 0 || style.animationName !== "none";
    }).map((element) => element.className)"""
    assert page.evaluate(moving) == []

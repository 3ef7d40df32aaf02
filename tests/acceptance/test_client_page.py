"""docs/client.md: its lines do what they show, with workers at work."""

import doctest

import pytest

from tests.support.pages import blocks
from tests.support.web import running_web
from tests.support.workers import running_worker

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
]

PAGE = "docs/client.md"


def test_the_lines_of_the_page_do_what_they_show() -> None:
    # given a site with a worker
    sessions = [text for language, text in blocks(PAGE) if language == "pycon"]
    assert len(sessions) == 6
    with running_web(LIVE_BEAT_SECONDS="0.5") as web, running_worker("high", "default", "low"):
        # when somebody types what the page shows
        text = "\n".join(sessions).replace("http://localhost:8000", web.url)
        typed = doctest.DocTestParser().get_doctest(text, {}, PAGE, PAGE, 0)
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
        told: list[str] = []
        runner.run(typed, out=told.append, clear_globs=False)
        typed.globs["client"].close()

    # then it is answered so
    assert runner.tries > 10
    assert runner.failures == 0, "".join(told)

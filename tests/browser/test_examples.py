"""The example page, opened as its first lines say."""

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from jobs.models import Task
from tests.support.browsing import Visitor
from tests.support.rows import claimed, finished, make_task, outcome_of
from tests.support.web import WebProcess
from tests.support.workers import ROOT

pytestmark = [
    pytest.mark.browser,
    pytest.mark.acceptance,
    pytest.mark.django_db(transaction=True),
]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def other_site() -> Iterator[str]:
    """The folder of examples, served on a port of its own."""
    handler = partial(Quiet, directory=str(ROOT / "examples"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_example_follows_a_task_from_another_page(
    web: WebProcess, browser: Browser, other_site: str
) -> None:
    # given the example, open on a waiting task
    task = make_task()
    server = web.url.replace("http", "ws")
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{other_site}/task_events.html?server={server}&task={task.pk}")
        lines = page.locator("#events li")
        expect(lines).to_have_count(1)
        expect(lines.first).to_contain_text("connected")

        # when the task runs
        finished(outcome_of(claimed(task), result='"done"'))

        # then each of its steps is told, and the end
        expect(page.locator("#state")).to_have_text("The task has ended.")
        expect(lines).to_have_count(3)
        expect(lines.last).to_contain_text('"result":"done"')


@pytest.fixture
def example(web: WebProcess, stranger: Visitor) -> Page:
    """The example as the site itself would serve it."""
    page = stranger("/healthz")
    page.set_content((ROOT / "examples" / "task_events.html").read_text())
    page.get_by_label("Server").fill(web.url.replace("http", "ws"))
    return page


def test_the_example_submits_and_follows(example: Page) -> None:
    # given a task that somebody submits on the page
    example.get_by_label("Task type").fill("add")
    example.get_by_label("Payload, JSON").fill('{"x": 1, "y": 2}')
    example.get_by_role("button", name="Submit and follow").click()
    lines = example.locator("#events li")
    expect(lines.first).to_contain_text("connected")

    # when it runs
    task = Task.objects.get()
    claim = claimed(task)
    expect(lines.nth(1)).to_contain_text("started")
    Task.objects.filter(pk=task.pk).update(progress={"percent": 50.0, "message": "half"})
    expect(lines.nth(2)).to_contain_text("progress")
    expect(example.locator("#progress")).to_have_attribute("value", "50")
    finished(outcome_of(claim, result="3"))

    # then every event was shown, and the end
    expect(lines.last).to_contain_text("completed")
    expect(example.locator("#state")).to_have_text("The task has ended.")


def test_the_example_says_what_is_wrong_with_a_payload(
    web: WebProcess, browser: Browser, other_site: str
) -> None:
    # given
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{other_site}/task_events.html?server={web.url.replace('http', 'ws')}")
        page.get_by_label("Payload, JSON").fill("{")
        page.get_by_role("button", name="Submit and follow").click()
        expect(page.locator("#state")).to_contain_text("Not submitted: ")

        # and a page of another site, which its browser lets read no answer
        page.get_by_label("Payload, JSON").fill("{}")
        page.get_by_role("button", name="Submit and follow").click()
        expect(page.locator("#state")).to_contain_text("Not submitted: ")
    assert not Task.objects.exists()

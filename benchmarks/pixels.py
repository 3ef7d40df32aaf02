"""How soon a real browser shows that a task's state changed."""

import math
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from benchmarks.figures import Reading
from benchmarks.http import a_site
from benchmarks.pages import a_session
from benchmarks.world import World, until

if TYPE_CHECKING:
    from playwright.sync_api import Page

#: Each kind of page has this share of the samples that were asked for.
SHARE = 20
#: Tasks at once; the overview shows 25.
AT_ONCE = 20
#: From the task's making to its first possible start: by then its row is shown.
LEAD_SECONDS = 4.0
SPREAD_SECONDS = 3.0
RUN_SECONDS = 1.0
SHOWN_SECONDS = 60.0
#: Notes when each state of each task came to stand in the page, on the clock of the machine.
WATCH = """() => {
  window.shown = {};
  const look = () => {
    for (const place of document.querySelectorAll("[data-status]")) {
      const page = document.querySelector("[data-task-page]");
      const task = place.dataset.task ?? page?.dataset.taskPage;
      const key = `${task} ${place.dataset.status}`;
      window.shown[key] ??= (performance.timeOrigin + performance.now()) / 1000;
    }
  };
  look();
  new MutationObserver(look).observe(document.body, {
    subtree: true, childList: true, attributes: true, attributeFilter: ["data-status"],
  });
}"""


def pixel(world: World) -> tuple[Reading, ...]:
    """Milliseconds (p95) from a task's start or end, as its row has it, to the page that says so.

    On the page of the task, and in the overview's list. Both clocks are this machine's.
    """
    from django.core.management import call_command

    from tests.support.browsing import running_browser

    samples = max(2, world.count // SHARE)
    call_command("collectstatic", verbosity=0, interactive=False)
    name, _, value = a_session().partition("=")
    with (
        a_site(processes=1) as site,
        world.running_workers("--threads", str(AT_ONCE)),
        running_browser() as browser,
    ):
        url = f"http://127.0.0.1:{site.port}"
        context = browser.new_context(base_url=url)
        context.add_cookies([{"name": name, "value": value, "url": url}])
        page = context.new_page()
        on_task = _on_task_page(page, samples=samples)
        in_list = _in_list(page, samples=samples)
        fetched = _fetch_ms(page)
        context.close()
    for name, waits in (("task page", on_task), ("list", in_list)):
        middle = statistics.median(waits)
        told = f"median {middle:.0f} ms, the longest {max(waits):.0f} ms"
        print(f"{name}: {len(waits)} samples, {told}", file=sys.stderr)
    limits = {"fetch": fetched}
    return (Reading(_p95(on_task), limits), Reading(_p95(in_list), limits))


def _on_task_page(page: "Page", *, samples: int) -> list[float]:
    waits: list[float] = []
    while len(waits) < samples:
        (task_id,) = _plan(1, spread_seconds=0)
        page.goto(f"/tasks/{task_id}/")
        page.evaluate(WATCH)
        waits += _waits(page, [task_id])
    return waits


def _in_list(page: "Page", *, samples: int) -> list[float]:
    waits: list[float] = []
    while len(waits) < samples:
        ids = _plan(min(AT_ONCE, math.ceil(samples / 2)), spread_seconds=SPREAD_SECONDS)
        page.goto("/")
        page.evaluate(WATCH)
        waits += _waits(page, ids)
    return waits


def _plan(count: int, *, spread_seconds: float) -> list[str]:
    """Tasks that will start one after another, when a page has had the time to be live."""
    from django.utils import timezone

    from benchmarks.tasks import sleep
    from jobs.services.enqueue import enqueue

    first = timezone.now() + timedelta(seconds=LEAD_SECONDS)
    return [
        str(
            enqueue(
                task_type=sleep,
                kwargs={"seconds": RUN_SECONDS},
                run_after=first + timedelta(seconds=spread_seconds * number / count),
            ).pk
        )
        for number in range(count)
    ]


def _waits(page: "Page", ids: Sequence[str]) -> list[float]:
    """In ms, of each start and end, once all have ended and are shown."""
    from jobs.models import Task

    ended = [f"{task_id} SUCCESS" for task_id in ids]

    def shown() -> dict[str, Any]:
        time.sleep(0.1)
        found: dict[str, Any] = page.evaluate("window.shown")
        return found if all(key in found for key in ended) else {}

    until(shown, seconds=SHOWN_SECONDS)
    at = shown()
    waits = []
    for row in Task.objects.filter(pk__in=ids):
        end = at[f"{row.pk} SUCCESS"]
        start = at.get(f"{row.pk} STARTED", end)  # shown with the end, if not before
        waits.append(1000 * (start - row.started_at.timestamp()))
        waits.append(1000 * (end - row.finished_at.timestamp()))
    return waits


def _fetch_ms(page: "Page") -> float:
    """What a fetch of the server's smallest answer takes in this browser."""
    waits = page.evaluate(
        """async () => {
          const waits = [];
          for (let turn = 0; turn < 50; turn += 1) {
            const began = performance.now();
            await (await fetch("/healthz")).text();
            waits.push(performance.now() - began);
          }
          return waits;
        }"""
    )
    return _p95(waits)


def _p95(waits: Sequence[float]) -> float:
    # A claim's commit may be seen some milliseconds before the start that its row tells.
    return max(0.1, sorted(waits)[math.ceil(len(waits) * 0.95) - 1])

"""Each page in each look."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from jobs.models import Task
from tests.screenshots.scene import Scene, a_scene
from tests.support.browsing import Visit, running_browser

DESKTOP = {"viewport": {"width": 1360, "height": 900}}
#: What the name of a picture ends in -> the browser's options.
LOOKS: dict[str, dict[str, Any]] = {
    "": DESKTOP | {"color_scheme": "light"},
    "-dark": DESKTOP | {"color_scheme": "dark"},
    "-phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "is_mobile": True,
        "has_touch": True,
    },
}
#: Where a page says how fresh its numbers are.
FRESHNESS = "[data-connection-words], [data-strip-state]"
#: Name of a picture -> what is told a moment after the page's opening.
LATER = {"task": "[data-live-log]"}


def take_all(folder: Path) -> Iterator[Path]:
    """Take every picture into the folder; gives each file once it is written."""
    with a_scene() as scene, running_browser() as browser:
        for look, options in LOOKS.items():
            visit = Visit(browser, scene.web.url, scene.user, timezone_id="UTC", **options)
            pages = _pages(scene) if look else _pages(scene) | _further_pages(scene)
            for name, path in pages.items():
                visit.page.goto(path)
                for words in visit.page.locator(FRESHNESS).all():
                    expect(words).to_have_text("Live")
                if name in LATER:
                    expect(visit.page.locator(LATER[name])).to_be_visible()
                picture = folder / f"{name}{look}.png"
                visit.page.screenshot(path=picture, animations="disabled")
                yield picture
            visit.close()
            assert visit.troubles == []


def _pages(scene: Scene) -> dict[str, str]:
    """Name of the picture -> address, of those that are taken in every look."""
    tasks = "/admin/jobs/task/"
    return {
        "dashboard": "/",
        "dashboard-queue": "/queues/high/",
        "dashboard-type": "/types/process_payment/?span=15m",
        "dashboard-workers": "/workers/",
        "dashboard-submit": "/submit/?type=send_email&example=1",
        "task": f"/tasks/{scene.running.pk}/",
        "admin-tasks": tasks,
        "admin-task": f"{tasks}{scene.failed.pk}/change/",
        "admin-failures": "/admin/jobs/failure/",
    }


def _further_pages(scene: Scene) -> dict[str, str]:
    """The same, of those that are taken once."""
    failure = Task.objects.values_list("failure", flat=True).get(pk=scene.failed.pk)
    return {
        "dashboard-queues": "/queues/",
        "dashboard-types": "/types/",
        "admin": "/admin/",
        "admin-failure": f"/admin/jobs/failure/{failure}/change/",
        "admin-operation": f"/admin/jobs/operation/{scene.operation.pk}/change/",
        "admin-queues": "/admin/jobs/queuepause/",
        "admin-workers": "/admin/jobs/workerlease/",
        "admin-task-types": "/admin/jobs/tasktypes/",
        "admin-system": "/admin/jobs/system/",
        "admin-audit": "/admin/jobs/auditentry/",
    }

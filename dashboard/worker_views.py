"""The workers: who lives, on what they work, and who was lost."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.access import page
from dashboard.fragments import shown
from jobs.admin.telling import may_tell, possible
from jobs.selectors.workers import WorkerFacts, losses
from jobs.selectors.workers import workers as read_workers

#: Tasks that are listed of each worker.
MOST_TASKS = 5
#: Workers that were found dead, as far back as the page tells.
MOST_LOSSES = 20


@require_safe
@page("view_task")
def workers(request: HttpRequest) -> HttpResponse:
    """Every worker with the tasks it holds, and the lost ones with what was rescued of theirs."""
    found = read_workers(most_tasks=MOST_TASKS)
    alive = [each for each in found if each.state != "lost"]
    tells = may_tell(request)
    context = {
        "workers": [(each, _tellings(each) if tells else []) for each in found],
        "alive": len(alive),
        "busy": sum(each.held_count for each in alive),
        "places": sum(each.concurrency for each in alive),
        "losses": losses(most=MOST_LOSSES),
    }
    return shown(request, "workers", context)


def _tellings(worker: WorkerFacts) -> list[tuple[str, str]]:
    """Addresses and words of what this worker can be told, each of which asks first."""
    return [(telling.url(worker.name), str(telling.label)) for telling in possible(worker.state)]

"""`manage.py seed_load`: a large site's rows, to look at the pages with."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, Sum

from jobs.domain.periods import FOLDED, Period, start_of
from jobs.models import Attempt, Failure, FailureCount, Rollup, Task, TaskTag
from jobs.models.rollup import EACH
from tests.support.rows import make_task

pytestmark = pytest.mark.django_db(transaction=True)


def seed_load(*words: str) -> str:
    printed = io.StringIO()
    call_command("seed_load", *words, stdout=printed)
    return printed.getvalue()


def counted(period: Period, **scope: None) -> dict[str, int]:
    sums = [Sum(name) for name in ("succeeded", "failed", "revoked", "retried")]
    rows = Rollup.objects.counted(period, **scope)
    return {each.removesuffix("__sum"): n for each, n in rows.aggregate(*sums).items()}


def test_it_writes_as_many_tasks_as_were_asked_for_of_each_kind(api):
    # when
    said = seed_load("--tasks", "2000", "--failures", "400", "--open", "100")

    # then
    counts = dict(Task.objects.values_list("state").annotate(Count("pk")).order_by())
    assert said == "Seeded 2,000 ended and 100 open tasks.\n"
    assert counts["FAILURE"] == pytest.approx(400, rel=0.1)
    assert counts["SUCCESS"] + counts["FAILURE"] + counts["REVOKED"] == 2000
    assert (counts["PENDING"], counts["SCHEDULED"]) == (60, 40)

    # and of thirteen weeks there are counts, of the last one by the minute
    failed = {period: counted(period)["failed"] for period in FOLDED}
    assert failed.pop(Period.MINUTE) == failed.pop(Period.QUARTER) == counts["FAILURE"]
    assert set(failed.values()) == {13 * counts["FAILURE"]}
    starts = {(row.at, start_of(Period(row.period), row.at)) for row in Rollup.objects.all()}
    assert all(at == start for at, start in starts)
    for scope in ({"queue": EACH}, {"name": EACH}, {"queue": EACH, "name": EACH}):
        assert counted(Period.HOUR, **scope) == counted(Period.HOUR)

    # and failures have attempts that tell six errors, and tasks have tags
    told = Attempt.objects.filter(task__state="FAILURE").exclude(traceback="")
    assert told.values_list("exception").distinct().order_by().count() == 6
    assert TaskTag.objects.filter(tag="common").count() == 1000

    # and stand in their groups
    given_up = sum(Failure.objects.values_list("given_up_count", flat=True))
    assert given_up == Task.objects.exclude(failure=None).count() == counts["FAILURE"]
    assert sum(FailureCount.objects.values_list("count", flat=True)) == told.count()

    # and each can be shown
    for task in Task.objects.order_by("?")[:20]:
        assert api.get(f"tasks/{task.pk}").status_code == 200
    for failure in Failure.objects.all():
        shown = api.get(f"failures/{failure.pk}").json()
        assert shown["dead_letters"] == failure.given_up_count
        assert shown["occurrences_7d"] == pytest.approx(failure.occurrence_count, rel=0.1)


def test_a_database_with_tasks_is_left_alone_unless_that_is_wanted():
    # given
    make_task()

    # when, then
    with pytest.raises(CommandError, match="has tasks"):
        seed_load("--tasks", "1000", "--failures", "0")
    assert Task.objects.count() == 1
    seed_load("--tasks", "1000", "--failures", "0", "--open", "0", "--yes")
    assert Task.objects.count() == 1001
    with pytest.raises(CommandError, match="seeded already"):
        seed_load("--yes")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--tasks", "5"), "--tasks is 5: it must be 1000 or more"),
        (("--open", "-1"), "--open is -1: it must be 0 or more"),
        (("--tasks", "1000", "--failures", "990"), "--failures is 990: of 1000 tasks at most 985"),
    ],
)
def test_numbers_that_cannot_be_are_refused(words, told):
    with pytest.raises(CommandError, match=told):
        seed_load(*words)
    assert not Task.objects.exists()

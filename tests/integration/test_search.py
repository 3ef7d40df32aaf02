"""The search of tasks: the same rows at every door and on both databases, within a bound."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from jobs.api.answers.tasks import TaskPage
from jobs.domain.states import State
from jobs.domain.task_ids import first_id
from jobs.models import TaskTag
from jobs.selectors.pages import TaskFilter, page
from jobs.selectors.search import search_of
from tests.support.api import Caller, problem_of
from tests.support.rows import ago, make_task
from tests.support.staff import client_of

pytestmark = pytest.mark.django_db(transaction=True)

ADMIN = "/admin/jobs/task/"


def found(api, search, **query):
    """The ids that the API lists for a search."""
    response = api.get("tasks", search=search, **query)
    assert response.status_code == 200, response.content
    TaskPage.model_validate_json(response.content)
    return [task["task_id"] for task in response.json()["tasks"]]


def id_at(moment):
    return UUID(int=first_id(moment).int + 1)


@pytest.fixture
def tasks():
    """One task for each thing that a search may look for, by name."""
    second = timedelta(seconds=1)
    start = ago(3600)
    made = {
        "number": make_task(name="send_email", queue="high", kwargs={"order_id": 123}),
        "text": make_task(name="send_email", queue="low", kwargs={"order_id": "123"}),
        "decimal": make_task(kwargs={"order_id": 123.0}),
        "nested": make_task(kwargs={"customer": {"name": "Ada L", "vip": True, "boss": None}}),
        "listed": make_task(kwargs={"order_id": [123], "customer": "Ada L"}),
        "odd": make_task(kwargs={"a key": "x", "0": "zero", "size": 'he said "5"'}),
        "huge": make_task(kwargs={"order_id": 2**80, "flag": "true"}),
        "failed": make_task(
            state=State.FAILURE,
            error="TimeoutError: 100% of 5_s",
            failure=GROUP,
            worker="w1",
            run_after=start,
            started_at=start + 40 * second,
            finished_at=start + 42 * second,
        ),
        "slow": make_task(
            state=State.SUCCESS,
            worker="w2",
            run_after=start,
            started_at=start + second,
            finished_at=start + 61 * second,
        ),
        "running": make_task(
            state=State.STARTED, worker="w1", run_after=ago(30), started_at=ago(20)
        ),
        "waiting": make_task(name="shop.gone", run_after=ago(500), started_at=None),
        "revoked": make_task(
            state=State.REVOKED,
            finished_at=ago(5),
            started_at=None,
            failure=GROUP,
            tags=["nightly"],
        ),
        "old": make_task(pk=id_at(ago(7200)), state=State.SUCCESS, name="shop.gone"),
    }
    for name, *tags in (("number", "nightly"), ("text", "nightly", "mail"), ("revoked", "nightly")):
        TaskTag.objects.bulk_create(TaskTag(task=made[name], tag=tag) for tag in tags)
    return made


GROUP = "3f2a9c0d1e4b5a67"
FRESH = {"number", "text", "decimal", "nested", "listed", "odd", "huge"}
ALL = FRESH | {"failed", "slow", "running", "waiting", "revoked", "old"}
SEARCHES = {
    "": ALL,
    # arguments
    "arg.order_id:123": {"number", "text", "decimal"},
    "arg.order_id:123.0": {"number", "decimal"},
    "arg.order_id:99,123": {"number", "text", "decimal"},
    f"arg.order_id:{2**80}": {"huge"},
    "-arg.order_id:123": ALL - {"number", "text", "decimal"},
    "arg.order_id:12": set(),
    'arg.customer.name:"Ada L"': {"nested"},
    'arg.customer:"Ada L"': {"listed"},
    "arg.customer.vip:true": {"nested"},
    "arg.customer.boss:null": {"nested"},
    "arg.flag:true": {"huge"},
    "arg.0:zero": {"odd"},
    r'arg.size:"he said \"5\""': {"odd"},
    "arg.order_id.0:123": set(),
    # names
    "send": {"number", "text"},
    "task:EMAIL": {"number", "text"},
    "send mail queue:low": {"text"},
    "shop.gone": {"waiting", "old"},
    "shop.gone,send_email -queue:low": {"waiting", "old", "number"},
    "-task:add": {"number", "text", "waiting", "old"},
    "gone": set(),
    "worker:w1": {"failed", "running"},
    "worker:w1,w2 -state:started": {"failed", "slow"},
    "-worker:w1,w2": ALL - {"failed", "running", "slow"},
    "queue:high,low": {"number", "text"},
    # tags
    "tag:nightly": {"number", "text", "revoked"},
    "tag:nightly tag:mail": {"text"},
    "tag:mail,nightly queue:high": {"number"},
    "-tag:nightly": ALL - {"number", "text", "revoked"},
    "tag:nightly state:failed": set(),
    # failures
    f"failure:{GROUP}": {"failed", "revoked"},
    f"failure:{GROUP} state:failed": {"failed"},
    f"failure:{GROUP} worker:w1": {"failed"},
    f"failure:{GROUP} task:add queue:default": {"failed", "revoked"},
    f"failure:{GROUP} tag:nightly": {"revoked"},
    f"failure:{GROUP} failure:{GROUP} state:failed,revoked": {"failed", "revoked"},
    f"failure:{GROUP},{'0' * 16} -state:failed": {"revoked"},
    f"-failure:{GROUP}": ALL - {"failed", "revoked"},
    f"failure:{'0' * 16}": set(),
    # states
    "state:failed": {"failed"},
    "state:pending arg.order_id:123": {"number", "text", "decimal"},
    "state:completed,processing": {"slow", "old", "running"},
    "-state:pending": {"failed", "slow", "running", "revoked", "old"},
    "state:failed state:success": set(),
    # errors
    "error:timeout": {"failed"},
    "error:100%": {"failed"},
    "error:5_s": {"failed"},
    "error:5xs": set(),
    "-error:timeout": ALL - {"failed"},
    "error:nothing,timeout": {"failed"},
    # times
    "age>1h": {"old"},
    "-age>1h": ALL - {"old"},
    "age<10m state:success": {"slow"},
    "wait>30s": {"failed", "waiting"},
    "wait<5s state:success,failure": {"slow"},
    "run>10s": {"slow", "running"},
    "run>30s": {"slow"},
    "run<=2s": {"failed"},
}


@pytest.mark.parametrize(("search", "wanted"), SEARCHES.items(), ids=SEARCHES)
def test_a_search_gives_its_tasks_newest_first_and_no_other(api, root, tasks, search, wanted):
    expected = sorted((str(tasks[name].pk) for name in wanted), reverse=True)

    assert found(api, search) == expected
    listed = root.get(ADMIN, {"q": search}).context["cl"]
    assert [str(task.pk) for task in listed.result_list] == expected
    assert listed.result_count == len(expected)


def test_a_task_is_found_by_its_id_and_by_the_beginning_of_it(api):
    # given
    task, other = make_task(pk=UUID("01a1fc64-9d27-757e-a851-92311103ea4a")), make_task()

    # then
    for search in (str(task.pk), f"task-{task.pk}", "01a1fc64-9d27", f"id:{task.pk}"):
        assert found(api, search) == [str(task.pk)], search
    assert found(api, f"-id:{task.pk}") == [str(other.pk)]
    assert found(api, f"id:{task.pk},{other.pk}") == [str(other.pk), str(task.pk)]


def test_a_search_and_the_filters_narrow_together(api, tasks):
    given = {"search": "arg.order_id:123", "queue": "low", "task_type": "send_email"}

    assert [task["task_id"] for task in api.get("tasks", **given).json()["tasks"]] == [
        str(tasks["text"].pk)
    ]
    assert found(api, "queue:low", queue="high") == []
    assert found(api, "state:failed", status="success") == []


def test_a_day_is_told_by_its_midnights_in_utc(api):
    # given a task in the first and one in the last millisecond of a day
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    day = (midnight - timedelta(days=2)).date().isoformat()
    first, last = (
        make_task(pk=id_at(midnight - timedelta(days=days, milliseconds=early)))
        for days, early in ((2, 0), (1, 1))
    )
    make_task()

    # then
    assert found(api, f"created:{day}") == [str(last.pk), str(first.pk)]
    assert found(api, f"created>={day} created<={day}") == [str(last.pk), str(first.pk)]
    assert found(api, f"created<{day}") == []


def test_a_wrong_search_is_one_error_with_its_place(api, root):
    # when
    problem = problem_of(api.get("tasks", search="low state:brocken"), 400, "invalid_search")

    # then
    (error,) = problem["errors"]
    assert (error["field"], error["position"]) == ("search", 11)
    assert "'brocken'" in error["message"]
    assert "FAILURE" in error["message"]

    # and the list in the admin says the same beside its search box, and lists nothing
    make_task()
    page = root.get(ADMIN, {"q": "low state:brocken"})
    assert page.context["cl"].result_count == 0
    html = page.content.decode()
    assert 'aria-invalid="true"' in html
    assert "character 11: &#x27;brocken&#x27; is no state" in html


@pytest.mark.parametrize("search", ["-arg.x:1", "error:boom", "state:failed arg.a.b:1"])
def test_who_may_not_see_payloads_may_not_search_them(search):
    # given
    make_task(kwargs={"x": 1}, error="boom")
    blind = client_of("jobs.view_task")

    # then
    problem = problem_of(Caller(blind).get("tasks", search=search), 403, "payload_withheld")
    (error,) = problem["errors"]
    assert (error["field"], error["position"]) == ("search", 14 if "state" in search else 1)
    listed = blind.get(ADMIN, {"q": search})
    assert listed.context["cl"].result_count == 0
    assert "jobs.view_payload" in listed.content.decode()


def test_each_page_of_a_search_costs_few_statements(api, tasks, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        found(api, "arg.order_id:123 queue:low send")


def test_a_search_that_contradicts_itself_asks_nothing(django_assert_num_queries):
    asked = TaskFilter(search=search_of("state:failed state:success", sees_payload=True))

    with django_assert_num_queries(0):
        assert page(asked, limit=10).tasks == []


def test_no_search_feels_its_way_to_a_secret(api):
    # given a task whose argument and error hold one, and a task that only speaks of one
    hidden = make_task(kwargs={"login": {"password": "hunter2"}}, error="no: password=hunter2")
    plain = make_task(error="ValueError: no password given")

    # then its key is refused, and neither its presence nor its absence tells of its value
    problem = problem_of(
        api.get("tasks", search="arg.login.password:hunter2"), 400, "invalid_search"
    )
    assert "secret" in problem["errors"][0]["message"]
    for guess in ("hunter2", "hunter3"):
        assert found(api, f"error:{guess}") == []
        assert found(api, f"-error:{guess}") == [str(plain.pk), str(hidden.pk)]
    assert found(api, "error:password") == [str(plain.pk)]

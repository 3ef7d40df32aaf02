"""What is paused and real workers: nothing of it begins, and all of it runs once it goes on."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from redis import Redis

from jobs.broker.tickets import list_key
from jobs.domain.registry import registry
from jobs.domain.states import State
from jobs.models import Attempt, Task
from jobs.services.enqueue import enqueue, enqueue_many
from jobs.services.pause import pause, pause_type, resume, resume_type
from tests.support import plain_jobs
from tests.support.rows import reload
from tests.support.waiting import stays, wait_for
from tests.support.workers import WorkerProcess, all_ended, running_worker

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.one_database,
    pytest.mark.django_db(transaction=True),
]

#: A worker knows of a pause after a second, and a ticket lies a second more in an idle one's hands.
KNOWN_SECONDS = 2.5
FLAGS = {"one thread": (), "threads": ("--threads", "3"), "coroutines": ("--async", "20")}
#: It holds a hundred tasks, however long they run.
GREEDY = {"DJANGO_SETTINGS_MODULE": "tests.support.settings_greedy"}
each_kind = pytest.mark.parametrize("flags", FLAGS.values(), ids=FLAGS)


def submit(name: str, queue: str = "default", /, **arguments: object) -> Task:
    """A task of one of the tests' own types."""
    return enqueue(task_type=registry.get(f"tests.{name}"), kwargs=arguments, queue=queue)


def submit_many(
    name: str, count: int, queue: str = "default", /, **arguments: object
) -> list[Task]:
    calls = [([], arguments)] * count
    ids = enqueue_many(task_type=registry.get(f"tests.{name}"), calls=calls, queue=queue)
    return list(Task.objects.filter(pk__in=ids).order_by("pk"))


def states(tasks: list[Task]) -> set[str]:
    return {reload(task).state for task in tasks}


def paused_and_known(queue: str, probe: str = "high") -> None:
    """Pause a queue, and wait until a living worker of both queues has long known of it."""
    pause(queue=queue, actor="ann", reason="a test")
    until = timezone.now() + timedelta(seconds=KNOWN_SECONDS)
    wait_for(lambda: timezone.now() > until, what="a beat of the worker")
    wait_for(all_ended([submit("greet", probe, name="probe")]), what="a probe on another queue")


@each_kind
def test_nothing_of_a_paused_queue_begins_and_other_queues_are_served(
    flags: tuple[str, ...], redis: Redis, tmp_path: Path
):
    with running_worker("default", "high", *flags):
        # given
        paused_and_known("default")

        # when tasks of both kinds, and a plain job, come before another queue's task
        tasks = [submit("mark", directory=str(tmp_path)), submit("greet", name="x")]
        job = plain_jobs.enqueue("builtins.len", "abc")
        other = submit("greet", "high", name="x")
        wait_for(all_ended([other]))

        # then they wait in their list
        wait_for(stays(lambda: redis.llen(list_key("default")) == 3, seconds=1.0))
        assert states(tasks) == {State.PENDING}
        assert job.get_status() == "queued"

        # and run once the queue goes on
        resume(queue="default", actor="ann")
        wait_for(all_ended(tasks))
        wait_for(lambda: job.get_status() == "finished")
    assert Attempt.objects.filter(task__in=tasks).count() == 2


@each_kind
def test_what_runs_goes_on_and_what_has_not_begun_goes_back(
    flags: tuple[str, ...], redis: Redis, tmp_path: Path
):
    with running_worker("high", "default", *flags, **GREEDY):
        # given a task that runs, and many behind it that the worker holds
        running = submit_many("mark", 1, directory=str(tmp_path), seconds=6.0)
        wait_for(lambda: states(running) == {State.STARTED})
        behind = submit_many("sleep", 80, seconds=0.2)
        rows = Task.objects.filter(pk__in=[task.pk for task in behind])
        wait_for(lambda: rows.filter(state=State.STARTED).count() > 20)

        # when
        pause(queue="default", actor="ann", reason="a test")

        # then those that began end, and the others are in the list, none in the worker's hands
        def settled() -> bool:
            waiting = rows.filter(state=State.PENDING).count()
            ended = rows.filter(state=State.SUCCESS).count()
            return ended + waiting == 80 and redis.llen(list_key("default")) == waiting

        wait_for(stays(settled, seconds=0.5))
        wait_for(all_ended(running))
        assert states(running) == {State.SUCCESS}
        begun = Attempt.objects.filter(task__in=behind).count()
        assert begun < 60
        assert settled()

        # and they begin in the order in which they came
        resume(queue="default", actor="ann")
        wait_for(lambda: Attempt.objects.filter(task__in=behind).count() > begun)
    first = Attempt.objects.filter(task__in=behind).order_by("started_at")[begun]
    assert first.task_id in {task.pk for task in behind[: begun + 5]}


@pytest.mark.parametrize("flags", [(), ("--threads", "2")], ids=["one thread", "threads"])
def test_burst_takes_a_paused_queue_for_an_empty_one(flags: tuple[str, ...]):
    # given
    pause(queue="default", actor="ann", reason="a test")
    waiting = submit_many("greet", 5, name="x")
    other = submit_many("greet", 5, "low", name="x")

    # when, then
    arguments = ("default", "low", "--burst", *flags)
    assert WorkerProcess(*arguments).process.wait(60) == 0
    assert (states(waiting), states(other)) == ({State.PENDING}, {State.SUCCESS})
    assert WorkerProcess("default", "--burst").process.wait(60) == 0
    assert states(waiting) == {State.PENDING}

    # and once it goes on
    resume(queue="default", actor="ann")
    assert WorkerProcess(*arguments).process.wait(60) == 0
    assert states(waiting) == {State.SUCCESS}


def test_a_pause_outlives_redis_and_workers(redis: Redis):
    # given tasks of a paused queue whose tickets are lost with everything else in Redis
    with running_worker("default", "high"):
        paused_and_known("default")
        tasks = submit_many("greet", 5, name="x")
        redis.flushdb()

        # then their tickets come back, and stay
        wait_for(lambda: redis.llen(list_key("default")) == 5, what="the sweep")
        wait_for(stays(lambda: redis.llen(list_key("default")) == 5, seconds=1.0))

    # and a worker that starts, or whose horse dies, begins none of them
    with running_worker("default", "high") as worker:
        wait_for(all_ended([submit("greet", "high", name="x")]))
        before = worker.horse_pid()
        worker.kill_horse()
        wait_for(lambda: worker.horse_pid() not in {None, before})
        wait_for(all_ended([submit("greet", "high", name="x")]))
        assert states(tasks) == {State.PENDING}

        # until the queue goes on
        resume(queue="default", actor="ann")
        wait_for(all_ended(tasks))


def test_a_pause_with_an_end_needs_nobody_to_end_it():
    with running_worker("default", "high"):
        # given
        until = timezone.now() + timedelta(seconds=4)
        pause(queue="default", actor="ann", reason="a test", until=until)
        moved = timezone.now() + timedelta(seconds=KNOWN_SECONDS)
        wait_for(lambda: timezone.now() > moved, what="a beat of the worker")

        # when
        task = submit("greet", name="x")
        wait_for(all_ended([task]))

    # then
    assert task.attempts.get().started_at >= until


def test_what_is_due_on_a_paused_queue_waits_in_its_list(redis: Redis):
    with running_worker("default", "high"):
        paused_and_known("default")
        due = enqueue(
            task_type=registry.get("tests.greet"),
            kwargs={"name": "x"},
            queue="default",
            run_after=timezone.now() + timedelta(seconds=0.2),
        )

        wait_for(lambda: reload(due).state == State.PENDING, what="its promotion")
        wait_for(lambda: redis.llen(list_key("default")) == 1)

        resume(queue="default", actor="ann")
        wait_for(all_ended([due]))


def type_paused_and_known(name: str) -> None:
    """Pause one of the tests' own types, and wait until a living worker has long known of it."""
    pause_type(name=f"tests.{name}", actor="ann", reason="a test")
    until = timezone.now() + timedelta(seconds=KNOWN_SECONDS)
    wait_for(lambda: timezone.now() > until, what="a beat of the worker")


@pytest.mark.parametrize(
    ("flags", "held", "other"),
    [
        (FLAGS["one thread"], "mark", "greet"),
        (FLAGS["threads"], "greet", "mark"),
        (FLAGS["coroutines"], "mark", "greet"),
        (FLAGS["coroutines"], "greet", "mark"),
    ],
)
def test_a_paused_type_waits_while_others_of_its_queue_run(
    flags: tuple[str, ...], held: str, other: str, redis: Redis, tmp_path: Path
):
    arguments = {"mark": {"directory": str(tmp_path)}, "greet": {"name": "x"}}
    with running_worker("default", *flags):
        # given
        type_paused_and_known(held)

        # when tasks of the type come before and between those of another
        tasks = submit_many(held, 20, **arguments[held])
        others = submit_many(other, 5, **arguments[other])
        tasks += submit_many(held, 20, **arguments[held])
        others += submit_many(other, 5, **arguments[other])
        job = plain_jobs.enqueue("builtins.len", "abc")

        # then the others run, and nobody keeps ringing for those that wait
        wait_for(all_ended(others))
        wait_for(lambda: job.get_status() == "finished")
        wait_for(lambda: redis.llen(list_key("default")) == 0, what="the tickets are used up")
        wait_for(stays(lambda: redis.llen(list_key("default")) == 0, seconds=3.5))
        assert states(tasks) == {State.PENDING}

        # and they run once the type goes on, each once
        resume_type(name=f"tests.{held}", actor="ann")
        wait_for(all_ended(tasks))
    assert states(tasks) == {State.SUCCESS}
    assert Attempt.objects.filter(task__in=tasks).count() == 40


@each_kind
def test_what_runs_of_a_paused_type_goes_on_and_what_has_not_begun_goes_back(
    flags: tuple[str, ...], tmp_path: Path
):
    with running_worker("default", *flags, **GREEDY):
        # given a task that runs, and many of two types behind it that the worker holds
        running = submit_many("mark", 1, directory=str(tmp_path), seconds=6.0)
        wait_for(lambda: states(running) == {State.STARTED})
        behind, others = [], []
        for _ in range(4):
            behind += submit_many("mark", 10, directory=str(tmp_path), seconds=0.2)
            others += submit_many("sleep", 2, seconds=0.01)
        rows = Task.objects.filter(pk__in=[task.pk for task in behind])
        wait_for(lambda: rows.filter(state=State.STARTED).count() > 10)

        # when
        pause_type(name="tests.mark", actor="ann", reason="a test")

        # then those that began end, the others wait in nobody's hands, and the other type is served
        wait_for(all_ended(running + others))
        assert states(running + others) == {State.SUCCESS}
        wait_for(stays(lambda: not rows.filter(state=State.STARTED).exists(), seconds=0.5))
        assert rows.filter(state=State.PENDING).count() > 10

        # and all run once
        resume_type(name="tests.mark", actor="ann")
        wait_for(all_ended(behind))
    assert Attempt.objects.filter(task__in=behind).count() == 40


def test_a_pause_of_a_type_with_an_end_needs_nobody_to_end_it():
    with running_worker("default"):
        # given
        until = timezone.now() + timedelta(seconds=4)
        pause_type(name="tests.greet", actor="ann", reason="a test", until=until)
        moved = timezone.now() + timedelta(seconds=KNOWN_SECONDS)
        wait_for(lambda: timezone.now() > moved, what="a beat of the worker")

        # when
        task = submit("greet", name="x")
        wait_for(all_ended([task]))

    # then
    assert task.attempts.get().started_at >= until


def test_a_worker_that_starts_begins_nothing_of_a_paused_type():
    pause_type(name="tests.sleep", actor="ann", reason="a test")
    tasks = submit_many("sleep", 5, seconds=0.0)

    with running_worker("default"):
        wait_for(all_ended([submit("greet", name="x")]))
        assert states(tasks) == {State.PENDING}

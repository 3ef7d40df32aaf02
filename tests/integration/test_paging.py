"""Pages by key, read while others write."""

import random
import threading
from uuid import UUID

import pytest
from django.test import Client

from jobs.domain.states import State
from jobs.domain.task_ids import first_id
from jobs.models import Task
from tests.support.at_once import at_once
from tests.support.rows import ago

pytestmark = pytest.mark.django_db(transaction=True)

MILLISECONDS = 3
OLD = 240
MOST_NEW = 150

LISTS = [
    "tasks?limit=7",
    "tasks?limit=7&status=pending,failed,success",
    "tasks?limit=7&queue=low",
    "tasks?limit=7&task_type=add&status=FAILURE,PENDING,SUCCESS",
    "tasks?limit=7&search=arg.x:1",
    "tasks?limit=7&search=-state:revoked task:add,process -queue:high",
    "dead-letter?limit=7",
]


class Maker:
    """Rows of a few milliseconds, in whatever order their ids fall, by a seed."""

    def __init__(self, seed: int, *, failed: bool) -> None:
        self._random = random.Random(seed)
        self._first = first_id(ago(60)).int
        self._states = ["FAILURE"] if failed else ["PENDING", "SUCCESS", "FAILURE"]

    def row(self) -> Task:
        chance = self._random
        millisecond = chance.randrange(MILLISECONDS) << 80
        low = 7 << 76 | chance.getrandbits(12) << 64 | 2 << 62 | chance.getrandbits(62)
        state = State(chance.choice(self._states))
        task_id = UUID(int=self._first + millisecond + low)
        return Task(pk=task_id, name="add", queue="low", state=state, kwargs={"x": 1})


def read_all(address: str, read_a_page: threading.Event) -> list[str]:
    """The ids that a reader meets, from the first page to the last."""
    client, seen, following = Client(), [], f"/api/{address}"
    while following:
        answer = client.get(following).json()
        seen += [task["task_id"] for task in answer["tasks"]]
        following = answer["next"]
        read_a_page.set()
    return seen


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("address", LISTS)
def test_tasks_of_one_millisecond_are_shown_once_each_while_others_are_created(
    address, seed, settings
):
    # given many tasks in three milliseconds
    settings.JOBS = {**settings.JOBS, "SEARCH_ROWS": 100}
    maker = Maker(seed, failed=address.startswith("dead"))
    old = Task.objects.bulk_create([maker.row() for _ in range(OLD)])
    read_a_page, is_read = threading.Event(), threading.Event()

    def read() -> list[str]:
        try:
            return read_all(address, read_a_page)
        finally:
            is_read.set()

    def write() -> int:
        read_a_page.wait(30)
        written = 0
        while not written or (written < MOST_NEW and not is_read.is_set()):
            maker.row().save(force_insert=True)
            written += 1
        return written

    # when a reader walks through while others are created in the same milliseconds
    seen, written = at_once(read, write)

    # then every task that was there is seen once, in order, and none is seen twice
    assert isinstance(seen, list), seen
    assert isinstance(written, int), written
    assert seen == sorted(set(seen), reverse=True)
    assert {str(task.pk) for task in old} <= set(seen)

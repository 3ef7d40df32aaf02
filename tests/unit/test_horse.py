"""The work-horse and its signals."""

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from jobs.worker.horse import SIGNALS, Horse
from jobs.worker.slots import Slots
from tests.support.waiting import PATIENCE_SECONDS


@pytest.fixture
def horse() -> Iterator[Horse]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    horse = Horse(Slots(1), threads=1, run_plain=lambda job: None)
    horse.listen()
    yield horse
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.timeout(30)
def test_a_signal_that_meets_its_thread_while_it_rings_the_bell_ends_the_horse_all_the_same(
    horse: Horse, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a thread that rings, and holds the bell's lock
    lock = threading.Lock()

    def ring() -> None:
        with lock:
            rung.set()

    rung = threading.Event()
    monkeypatch.setattr(horse.wake, "set", ring)
    with lock:
        # when it is told to end
        os.kill(os.getpid(), signal.SIGTERM)

        # then it knows, and goes on
        assert horse.stopping

    # and whoever waits for the bell hears it
    assert rung.wait(PATIENCE_SECONDS)

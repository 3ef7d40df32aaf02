import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.process_tree import descendants, is_alive
from tests.support.waiting import wait_for

pytestmark = pytest.mark.one_database

POLITE = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(print("goodbye")))
print("hello", flush=True)
time.sleep(60)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("hello", flush=True)
while True:
    time.sleep(60)
"""
WITH_A_CHILD = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print("child", child.pid, flush=True)
"""


class Supervised:
    def __init__(self, output: Path, seconds: float, codes: tuple[str, ...]) -> None:
        self._output = output
        command = [sys.executable, "-m", "tests.support.supervised", str(seconds), *codes]
        with output.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def said(self) -> str:
        return self._output.read_text()

    def wait_for(self, text: str, *, times: int = 1) -> None:
        wait_for(lambda: self.said().count(text) >= times, what=text)

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def status(self) -> int:
        return self.process.wait(timeout=60)


Start = Callable[..., Supervised]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started = []

    def begin(*codes: str, seconds: float = 10) -> Supervised:
        started.append(Supervised(tmp_path / "output", seconds, codes))
        return started[-1]

    yield begin
    for one in started:
        one.process.kill()
        one.process.wait()


def test_every_line_is_led_by_the_name_of_who_said_it(start: Start) -> None:
    supervised = start(
        POLITE, "import time; print('ready\\nhalf a line', end='', flush=True); time.sleep(60)"
    )
    supervised.wait_for("hello")
    supervised.wait_for("ready")
    supervised.signal(signal.SIGTERM)
    supervised.status()
    assert "program-1 | hello\n" in supervised.said()
    assert "program-2 | half a line\n" in supervised.said()


def test_a_program_that_dies_is_started_again_after_ever_longer_pauses(start: Start) -> None:
    # given a program that fails each time
    supervised = start("raise SystemExit(7)")

    # when it has failed three times
    supervised.wait_for("starting it again in", times=3)

    # then the pauses grew
    pauses = re.findall(r"ended with status 7; starting it again in (\S+) s", supervised.said())
    assert pauses == ["0.5", "1", "2"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_lets_programs_end_in_their_own_time(start: Start, number: signal.Signals) -> None:
    supervised = start(POLITE, POLITE)
    supervised.wait_for("hello", times=2)
    supervised.signal(number)
    assert supervised.status() == 0
    assert supervised.said().count("goodbye") == 2


def test_the_echo_of_a_signal_does_not_kill(start: Start) -> None:
    # given a program that needs a moment to end
    slow = POLITE.replace("sys.exit", "time.sleep(0.5) or sys.exit")
    supervised = start(slow)
    supervised.wait_for("hello")

    # when a signal comes twice at once, as from `make` and from the terminal
    supervised.signal(signal.SIGTERM)
    supervised.signal(signal.SIGINT)

    # then the program ends in its own time
    assert supervised.status() == 0
    assert "goodbye" in supervised.said()


def test_a_second_signal_kills_what_does_not_end(start: Start) -> None:
    # given a program that does not listen, and all the time in the world
    supervised = start(STUBBORN, seconds=3600)
    supervised.wait_for("hello")

    # when signals keep coming
    def ended() -> bool:
        supervised.signal(signal.SIGINT)
        return supervised.process.poll() is not None

    wait_for(ended)

    # then it is killed, and the status tells
    assert supervised.status() == 1
    assert "program-1 does not end: killed" in supervised.said()


def test_what_does_not_end_in_time_is_killed(start: Start) -> None:
    supervised = start(STUBBORN, seconds=0.5)
    supervised.wait_for("hello")
    supervised.signal(signal.SIGTERM)
    assert supervised.status() == 1


def test_programs_do_not_outlive_a_killed_supervisor(start: Start) -> None:
    # given programs that would not end by themselves
    supervised = start(STUBBORN, STUBBORN)
    supervised.wait_for("hello", times=2)
    programs = descendants(supervised.process.pid)
    assert len(programs) == 2

    # when their supervisor is killed
    supervised.signal(signal.SIGKILL)

    # then they are gone
    wait_for(lambda: not any(is_alive(pid) for pid in programs))


def test_what_a_dead_program_leaves_behind_is_ended(start: Start) -> None:
    # given a program that ends while its child lives
    supervised = start(WITH_A_CHILD)
    supervised.wait_for("starting it again")

    # then the child is ended before the program starts again
    child = int(re.findall(r"child (\d+)", supervised.said())[0])
    wait_for(lambda: not is_alive(child))


def test_the_stack_stops_when_nobody_reads_what_it_says() -> None:
    # given a reader that goes away
    readable, writable = os.pipe()
    talkative = "import time\nwhile True: print('still here', flush=True); time.sleep(0.05)"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.support.supervised", "5", talkative],
        stdout=writable,
        stderr=subprocess.PIPE,
    )
    os.close(writable)
    os.read(readable, 10)

    # when it has gone
    os.close(readable)

    # then the supervisor stops its programs and ends without a complaint
    assert process.communicate(timeout=20)[1] == b""
    assert process.returncode == 0

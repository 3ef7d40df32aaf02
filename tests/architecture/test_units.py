"""The systemd units stop workers as workers want to be stopped."""

import configparser
from pathlib import Path

import pytest

from jobs.conf import Conf

UNITS = sorted((Path(__file__).resolve().parent.parent.parent / "deploy/systemd").glob("*.service"))


def service(path: Path) -> configparser.SectionProxy:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.read(path)
    return unit["Service"]


def test_there_is_a_unit_for_the_web_server_and_one_for_workers() -> None:
    commands = {service(path)["ExecStart"].partition("manage.py ")[2] for path in UNITS}
    assert commands == {"serve", "rqworker %i"}


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_only_the_first_process_is_told_to_stop(path: Path) -> None:
    # The default would send SIGTERM to the tasks' own process too.
    assert service(path)["KillMode"] == "mixed"


def test_a_worker_is_given_longer_than_it_drains() -> None:
    worker = next(path for path in UNITS if "worker" in path.name)
    assert float(service(worker)["TimeoutStopSec"]) > Conf().drain_seconds

"""settings.JOBS, typed and checked."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from jobs.conf import Conf, get_conf

ROOT = Path(__file__).resolve().parents[2]


def test_without_settings_the_documented_defaults_hold() -> None:
    # when no key is given
    with override_settings(JOBS={}):
        conf = get_conf()

    # then
    assert conf.lease_seconds == 30
    assert conf.drain_seconds == 30
    assert conf.batch_size == 100
    assert conf.timeout_seconds == 300
    assert conf.poison_limit == 3
    assert conf.argument_limit_bytes == 256 * 1024
    assert conf.result_limit_bytes == 1024 * 1024
    assert conf.anonymous_access is False


def test_an_override_is_seen_and_forgotten_again() -> None:
    # given the present settings
    before = get_conf()

    # when a test overrides them
    with override_settings(JOBS={"LEASE_SECONDS": 5}):
        inside = get_conf()

    # then it sees its own, and later tests see what was
    assert inside.lease_seconds == 5.0
    assert get_conf() == before


def test_a_number_without_a_point_becomes_seconds() -> None:
    assert isinstance(Conf.of({"DRAIN_SECONDS": 0}).drain_seconds, float)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"LEASE": 3}, r"JOBS has no key 'LEASE': it may have ANONYMOUS_ACCESS, .*RELEASE"),
        (
            {"LEASE_SECONDS": 0},
            r"JOBS\['LEASE_SECONDS'\] is 0: it must be a number from 1 to 3,600",
        ),
        ({"LEASE_SECONDS": float("nan")}, r"is nan: it must be a number from 1"),
        ({"LEASE_SECONDS": "30"}, r"is '30': it must be a number from 1"),
        ({"LEASE_SECONDS": True}, r"is True: it must be a number from 1"),
        ({"OBJECT_LINKS": {"order": "/orders/"}}, r"must be a dictionary from names of arguments"),
        ({"OBJECT_LINKS": {"order": "//evil/{}"}}, r"as in /orders/{}/ or https://"),
        ({"OBJECT_LINKS": {"order": "javascript:{}"}}, r"a model, as in shop.order"),
        ({"OBJECT_LINKS": [("order", "shop.order")]}, r"must be a dictionary"),
        ({"BATCH_SIZE": 1.5}, r"is 1.5: it must be a whole number from 1 to 10,000"),
        (
            {"LOG_LEVEL": "info"},
            r"JOBS\['LOG_LEVEL'\] is 'info': it must be one of DEBUG, INFO, WARNING, ERROR",
        ),
        ({"LOG_LEVEL": []}, r"JOBS\['LOG_LEVEL'\] is \[\]: it must be one of DEBUG"),
        ({"RELEASE": None}, r"is None: it must be a text"),
        ({"ANONYMOUS_ACCESS": "no"}, r"is 'no': it must be True or False"),
        (
            {"THROTTLE_SUBMIT": "10/hour"},
            r"is '10/hour': it must be a number per second or minute as in 100/second, or empty",
        ),
        ({"THROTTLE_READ": "0/second"}, r"is '0/second': it must be a number per second"),
        ({"THROTTLE_ACT": None}, r"is None: it must be a number per second"),
        ({"REDACTED_KEYS": "password"}, r"is 'password': it must be a list of texts"),
        ({"REDACTED_KEYS": ["password", 7]}, r"is \['password', 7\]: it must be a list of texts"),
        ([], r"JOBS is \[\]: it must be a dictionary"),
    ],
)
def test_a_bad_setting_is_refused_in_one_sentence(given: object, sentence: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=sentence):
        Conf.of(given)


def test_a_bad_setting_stops_the_start_with_that_sentence() -> None:
    # when a process starts whose settings hold an unknown key
    program = (
        "from django.conf import settings\n"
        "settings.configure(JOBS={'LEASE': 1})\n"
        "import jobs.tasks.demo\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PATH": "", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    # then it does not come up
    assert done.returncode == 1
    assert "ImproperlyConfigured: JOBS has no key 'LEASE'" in done.stderr.splitlines()[-1]

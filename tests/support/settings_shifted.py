"""For a worker whose wall clock jumps: by as many seconds as the file CLOCK_FILE says.

Time that only passes, the monotonic clock, stays as it is, as on a machine whose clock is set.
"""

import os
import time
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

from taskqueue_site.settings.test import *  # noqa: F403

_file = Path(os.environ["CLOCK_FILE"])
_time, _now = time.time, timezone.now


def _shift_seconds() -> float:
    return float(_file.read_text() or 0)


def _shifted_time() -> float:
    return _time() + _shift_seconds()


def _shifted_now() -> datetime:
    return _now() + timedelta(seconds=_shift_seconds())


time.time = _shifted_time
timezone.now = _shifted_now

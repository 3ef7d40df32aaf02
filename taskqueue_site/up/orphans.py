"""No child outlives its parent, however the parent ends.

The worker has its own (`jobs.worker.kinship`): this supervisor loads no Django, which `jobs`
would, and so starts in a quarter of the time.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1

_prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


def die_with_parent(with_signal: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` for `subprocess.Popen`: the kernel sends the signal when the parent dies.

    On other systems than Linux the child only leaves when its parent stops it.
    """
    parent = os.getpid()

    def before_exec() -> None:
        if _prctl is None:
            return
        _prctl(PR_SET_PDEATHSIG, with_signal, 0, 0, 0)
        if os.getppid() != parent:  # it died before the kernel was told
            os.kill(os.getpid(), signal.SIGKILL)

    return before_exec

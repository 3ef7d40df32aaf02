"""How parent and child learn of each other's death."""

import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent_pid: int) -> None:
    """Have the kernel kill this process when its parent ends (Linux, prctl(2)).

    Elsewhere it does nothing, and the caller's own look at `os.getppid()` must do.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent_pid:
            os._exit(1)


@contextmanager
def death_notice(child_pid: int) -> Iterator[list[int]]:
    """Descriptors that become readable when the child ends: one on Linux, elsewhere none.

    Not a pipe that the child holds open: its own children would hold it too, and outlive it.
    """
    try:
        descriptor = os.pidfd_open(child_pid)
    except (AttributeError, OSError):
        yield []
        return
    try:
        yield [descriptor]
    finally:
        os.close(descriptor)

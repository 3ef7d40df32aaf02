"""What failures have in common that probably have one cause: type, exception, place in the code."""

import hashlib
import os
import re
import sysconfig
from functools import lru_cache
from pathlib import PurePath
from types import CodeType, MappingProxyType, TracebackType
from typing import NamedTuple

from jobs.domain.payload import clean_text

#: What stands for the exception where no exception tells the cause: these groups have no frame, as
#: such an end may come anywhere in a function.
TIMED_OUT = "jobs.TimedOut"
CRASHED = "jobs.Crashed"
LOST = "jobs.Lost"
#: Its frame is the task type that failed before.
DEPENDENCY_FAILED = "jobs.DependencyFailed"

FINGERPRINT = re.compile(r"[0-9a-f]{16}")
#: The length of the spans in which the failures of a group are counted.
SLOT_SECONDS = 600
#: Counts are kept this long: the week that pages tell, and the slot in which it began.
KEPT_SECONDS = 7 * 86_400 + 2 * SLOT_SECONDS
LONGEST_EXCEPTION = 200
LONGEST_FRAME = 300
_TITLES = MappingProxyType(
    {
        TIMED_OUT: "Ran longer than its time limit",
        CRASHED: "Its process died",
        LOST: "Its worker was lost",
        DEPENDENCY_FAILED: "A task that it depends on failed",
    }
)
_INSTALLED = tuple(
    {sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib", "purelib", "platlib")}
)
_PACKAGES = frozenset({"site-packages", "dist-packages"})
_OURS = __name__.partition(".")[0]
#: Where our own package is not the queue, but an application of it.
_OUR_TASKS = f"{_OURS}.tasks."


class FailureGroup(NamedTuple):
    """The failures of one task type with one exception raised in one function.

    `exception` is a class with its module, or one of the words above. `frame` is that function, as
    in `shop.invoices:Invoice.charge`, without a line, so that a release which moves lines does not
    split the group; "" when none is known. The message is no part: it holds ids.
    """

    name: str
    exception: str
    frame: str = ""

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits, the same in every process and release."""
        return hashlib.blake2b("\0".join(self).encode(), digest_size=8).hexdigest()

    @property
    def title(self) -> str:
        """The group in words, without its task type."""
        words = _TITLES.get(self.exception)
        if words is not None:
            return f"{words}: {self.frame}" if self.frame else words
        words = self.exception.rpartition(".")[2]
        return f"{words} in {self.frame}" if self.frame else words


def group_of(name: str, error: BaseException) -> FailureGroup:
    """The group of a task's exception."""
    kind = type(error)
    exception = clean_text(f"{kind.__module__}.{kind.__qualname__}")[:LONGEST_EXCEPTION]
    return FailureGroup(name, exception, top_frame(error)[:LONGEST_FRAME])


def top_frame(error: BaseException) -> str:
    """The innermost function of the application in an exception's traceback; "" without any.

    What is installed, Python's own library and the queue itself are not the application. A task
    whose function is itself installed counts by that function.
    """
    first = last = ""
    step: TracebackType | None = error.__traceback__
    while step is not None:
        code, module = step.tb_frame.f_code, str(step.tb_frame.f_globals.get("__name__", ""))
        if not _is_queue(module):
            place = clean_text(f"{module}:{_qualified_name(code)}")
            first = first or place
            last = last if _is_installed(code.co_filename) else place
        step = step.tb_next
    return last or first


def _qualified_name(code: CodeType) -> str:
    return code.co_qualname.replace(".<locals>", "")


def _is_queue(module: str) -> bool:
    return module.partition(".")[0] == _OURS and not module.startswith(_OUR_TASKS)


@lru_cache(maxsize=10_000)
def _is_installed(path: str) -> bool:
    return path.startswith((*_INSTALLED, "<frozen ")) or not _PACKAGES.isdisjoint(
        PurePath(path).parts
    )

"""What the operating system says of processes."""

import os
import resource
import sys
from pathlib import Path


def started_mark(pid: int) -> str:
    """A mark that no other process with this pid has; empty when there is no such process.

    On Linux the start time in clock ticks since boot (proc_pid_stat(5), field 22). Elsewhere a
    living pid gives a constant mark: proof of death still works, a reused pid is not told apart.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return fields.rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        pass
    if Path("/proc/self/stat").exists():
        return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    return "alive"


def tree_memory_mb(pid: int) -> float | None:
    """How much memory a process and all that descend from it hold, in MiB; None without /proc.

    The sum of what is resident: pages that a fork shares are counted in each.
    """
    pages, waiting = 0, [pid]
    while waiting:
        process = Path(f"/proc/{waiting.pop()}")
        try:
            pages += int((process / "statm").read_text().split()[1])
            for thread in (process / "task").iterdir():
                waiting += map(int, (thread / "children").read_text().split())
        except (OSError, IndexError, ValueError):
            continue  # it has ended meanwhile, or there is no /proc
    return pages * resource.getpagesize() / (1024 * 1024) if pages else None


def memory_mb() -> float:
    """How much memory this process holds, in MiB; where /proc is missing, the most it ever held."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
    return pages * resource.getpagesize() / (1024 * 1024)

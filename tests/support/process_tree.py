"""Which processes there are, read from /proc."""

from pathlib import Path


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended but is not buried does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] not in {"Z", "X"}


def descendants(pid: int) -> set[int]:
    """The children of a process, theirs, and so on."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        parent = int(text.rpartition(")")[2].split()[1])
        children.setdefault(parent, []).append(int(stat.parent.name))
    found: set[int] = set()
    todo = [pid]
    while todo:
        new = set(children.get(todo.pop(), [])) - found
        found |= new
        todo += new
    return found

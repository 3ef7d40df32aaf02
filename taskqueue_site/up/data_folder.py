"""One running stack for each data folder."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self


class AlreadyUsed(Exception):
    """Another stack runs on this folder."""


class DataFolder:
    """The folder of one running stack, held by a lock that ends with the process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "up.lock"
        self._descriptor = -1

    def __enter__(self) -> Self:
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(self._descriptor, 20).decode(errors="replace")
            os.close(self._descriptor)
            raise AlreadyUsed(
                f"DATA_DIR={str(self._folder)!r} is in use by another `make up` (pid {holder}): "
                "stop it, or choose another DATA_DIR"
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, str(os.getpid()).encode())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)

"""The door of the sockets: one arrival is looked at after another.

However many arrive at once, what is read for those who are in waits for one look at most.
"""

import asyncio

from dashboard.doors import doors
from dashboard.reading import read
from dashboard.visitors import Authority, Credentials, authority_of
from jobs.api.throttles import may_read


class Arrivals:
    """Those who wait at the door of this process."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._count = 0

    async def judge(self, credentials: Credentials) -> tuple[Authority, str]:
        """What they may see, and why they are too many; empty when they are not.

        Each arrival counts as a call that reads.

        Raises:
            AuthenticationFailed: what they brought stands for nobody.
        """
        if not self._count:
            self._turn = asyncio.Lock()  # a lock belongs to one loop: tests have many
        self._count += 1
        try:
            async with self._turn:
                authority, is_within_rate = await read(_look, credentials)
        finally:
            self._count -= 1
        if not is_within_rate:
            return authority, "throttled"
        return authority, "too_many_connections" if doors.is_full(authority.caller) else ""


def _look(credentials: Credentials) -> tuple[Authority, bool]:
    authority = authority_of(credentials)
    return authority, may_read(authority.caller)


arrivals = Arrivals()

"""The door of the sockets: those who arrive together are looked at together.

However many arrive at once, what is read for those who are in waits for one look at some of them.
"""

import asyncio
import time
from collections import Counter

from django.db import Error as DatabaseError
from rest_framework.exceptions import AuthenticationFailed

from dashboard.doors import doors
from dashboard.reading import read
from dashboard.visitors import Authority, Credentials, authority_of
from jobs.api.throttles import read_rate

#: Looked at in one go.
AT_ONCE = 50

Outcome = Authority | AuthenticationFailed | DatabaseError
Waiting = tuple[Credentials, asyncio.Future[Authority]]


class Arrivals:
    """Those who wait at the door of this process, and how many came lately."""

    def __init__(self) -> None:
        self._waiting: list[Waiting] = []
        self._looking: asyncio.Task[None] | None = None
        self._window = 0
        self._counts: Counter[str] = Counter()

    async def judge(self, credentials: Credentials) -> tuple[Authority, str]:
        """What they may see, and why they are too many; empty when they are not.

        Who is in with the same credentials is known: doors look again soon enough.

        Raises:
            AuthenticationFailed: what they brought stands for nobody.
            django.db.Error: the database is away, and they are not known.
        """
        authority = doors.known(credentials) or await self._looked_at(credentials)
        if not self._is_within_rate(authority.caller):
            return authority, "throttled"
        return authority, "too_many_connections" if doors.is_full(authority.caller) else ""

    async def _looked_at(self, credentials: Credentials) -> Authority:
        told: asyncio.Future[Authority] = asyncio.get_running_loop().create_future()
        self._waiting.append((credentials, told))
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        return await told

    async def _look(self) -> None:
        while self._waiting:
            now, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
            outcomes = await read(_outcomes, [credentials for credentials, _ in now])
            for (_, told), outcome in zip(now, outcomes, strict=True):
                if told.done():  # who asked has gone
                    continue
                if isinstance(outcome, Authority):
                    told.set_result(outcome)
                else:
                    told.set_exception(outcome)

    def _is_within_rate(self, caller: str) -> bool:
        """Count an arrival by the rate of calls that read.

        In this process alone: a look at Redis for each would cost more than all else at the door.
        """
        rate = read_rate()
        if rate is None:
            return True
        window = int(time.time() // rate.window_seconds)
        if window != self._window:
            self._window = window
            self._counts.clear()
        self._counts[caller] += 1
        return self._counts[caller] <= rate.count


def _outcomes(those: list[Credentials]) -> list[Outcome]:
    return [_outcome(credentials) for credentials in those]


def _outcome(credentials: Credentials) -> Outcome:
    try:
        return authority_of(credentials)
    except (AuthenticationFailed, DatabaseError) as refusal:
        return refusal


arrivals = Arrivals()

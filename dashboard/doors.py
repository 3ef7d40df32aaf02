"""Who is in: how many connections each caller has open, and whether they may still be there.

Both are this process's own: a caller may have as many at each web process.
"""

import asyncio
import logging
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass

from django.conf import settings
from django.db import Error as DatabaseError
from rest_framework.exceptions import AuthenticationFailed

from dashboard.hub import FORBIDDEN, TRY_AGAIN_LATER, UNAUTHORIZED, Seat
from dashboard.reading import read
from dashboard.visitors import Authority, Credentials, authority_of

logger = logging.getLogger(__name__)

#: How long nobody is asked again. What a look remembers may be some seconds old beside.
LOOK_SECONDS = 15.0


@dataclass(eq=False, frozen=True, slots=True)
class Place:
    """One open connection."""

    credentials: Credentials
    authority: Authority
    seat: Seat


class Doors:
    """The open connections of this process."""

    def __init__(self) -> None:
        self._places: defaultdict[Credentials, set[Place]] = defaultdict(set)
        self._known: dict[Credentials, Authority] = {}
        self._counts: Counter[str] = Counter()
        self._looking: asyncio.Task[None] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nobody is in."""
        return not self._places

    def is_full(self, caller: str) -> bool:
        """Whether this caller has as many connections open as one may."""
        return self._counts[caller] >= settings.DASHBOARD["MOST_CONNECTIONS"]

    def known(self, credentials: Credentials) -> Authority | None:
        """What those stand for who are in with the same credentials, as of the last look."""
        return self._known.get(credentials)

    def enter(self, place: Place) -> None:
        """Count a connection, and look after it from now on."""
        self._known[place.credentials] = place.authority
        self._places[place.credentials].add(place)
        self._counts[place.authority.caller] += 1
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_again())

    async def leave(self, place: Place) -> None:
        """Count it no more."""
        places = self._places[place.credentials]
        places.discard(place)
        if not places:
            del self._places[place.credentials]
            self._known.pop(place.credentials, None)
        self._counts -= Counter([place.authority.caller])
        looking = self._looking
        if not self._places and looking is not None:
            self._looking = None
            looking.cancel()
            with suppress(asyncio.CancelledError):
                await looking

    async def _look_again(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for credentials in list(self._places):
                try:
                    authority = await read(authority_of, credentials)
                except AuthenticationFailed as refusal:
                    self._turn_out(credentials, UNAUTHORIZED, str(refusal.get_codes()))
                except DatabaseError:
                    break  # nothing is told meanwhile that could be kept from anybody
                else:
                    self._compare(credentials, authority)

    def _compare(self, credentials: Credentials, now: Authority) -> None:
        if credentials in self._places:
            self._known[credentials] = now
        for place in list(self._places.get(credentials, ())):
            then = place.authority
            if now.caller != then.caller:
                place.seat.dismiss(UNAUTHORIZED, "not_authenticated")
            elif "view_task" not in now.verbs:
                place.seat.dismiss(FORBIDDEN, "permission_denied")
            elif then.verbs - now.verbs:
                place.seat.dismiss(TRY_AGAIN_LATER, "permissions_changed")

    def _turn_out(self, credentials: Credentials, code: int, reason: str) -> None:
        self._known.pop(credentials, None)
        for place in list(self._places.get(credentials, ())):
            place.seat.dismiss(code, reason)


doors = Doors()

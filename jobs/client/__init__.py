"""A client for the HTTP API of a task queue elsewhere: `Client`, and `AsyncClient` for asyncio.

Needs neither Django's settings nor anything but the standard library; with httpx installed it keeps
connections open.
"""

from jobs.client.asynchronous import AsyncClient
from jobs.client.errors import (
    ApiError,
    BadRequest,
    ClientError,
    Conflict,
    NotAllowed,
    NotFound,
    ServerFault,
    TooManyRequests,
    Unreachable,
    WaitTimeout,
)
from jobs.client.events import Event
from jobs.client.synchronous import Client

__all__ = [
    "ApiError",
    "AsyncClient",
    "BadRequest",
    "Client",
    "ClientError",
    "Conflict",
    "Event",
    "NotAllowed",
    "NotFound",
    "ServerFault",
    "TooManyRequests",
    "Unreachable",
    "WaitTimeout",
]

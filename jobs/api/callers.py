"""Who called lately: callers with their permissions, kept in this process for a few seconds.

Each entry saves a busy caller's requests up to four queries. What changes a caller is seen at once
in the process that changes it, and after `REMEMBERED_SECONDS` in every other.
"""

import time
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock
from typing import Any, Generic, TypeVar

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractBaseUser, Group, Permission, PermissionsMixin
from django.contrib.auth.signals import user_logged_out
from django.db.models.signals import m2m_changed, post_delete, post_save
from django.dispatch import receiver

from jobs.models import ApiToken
from jobs.signals import tokens_revoked

REMEMBERED_SECONDS = 5.0
MOST_CALLERS = 1000

V = TypeVar("V")


@dataclass(slots=True)
class Memory(Generic[V]):
    """Values by the digest of a secret, each for a few seconds; at most `most`, the oldest leave.

    `now` is a clock's seconds, the same clock for every call.
    """

    most: int = MOST_CALLERS
    _entries: dict[bytes, tuple[float, V]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def get(self, secret: str, *, now: float | None = None) -> V | None:
        """The value, if it is known and fresh."""
        entry = self._entries.get(_key(secret))
        if entry is None or entry[0] <= (time.monotonic() if now is None else now):
            return None
        return entry[1]

    def put(
        self,
        secret: str,
        value: V,
        *,
        seconds: float = REMEMBERED_SECONDS,
        now: float | None = None,
    ) -> None:
        """Keep a value for so long."""
        moment = time.monotonic() if now is None else now
        key = _key(secret)
        with self._lock:
            self._entries.pop(key, None)
            while len(self._entries) >= self.most:
                self._entries.pop(next(iter(self._entries)))
            self._entries[key] = (moment + seconds, value)

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._entries.clear()


#: By the token, and by the session's cookie.
tokens: Memory[tuple[AbstractBaseUser, ApiToken]] = Memory()
sessions: Memory[AbstractBaseUser] = Memory()


def with_permissions(user: AbstractBaseUser) -> AbstractBaseUser:
    """The user, its permissions read, so that asking for one costs no query later."""
    if isinstance(user, PermissionsMixin):
        user.get_all_permissions()
    return user


def _key(secret: str) -> bytes:
    return sha256(secret.encode(errors="surrogateescape")).digest()


def forget_callers() -> None:
    """Ask the database again for everybody."""
    tokens.clear()
    sessions.clear()


@receiver([post_save, post_delete], dispatch_uid="jobs.api.callers.rows")
def _row_changed(*, sender: Any, update_fields: frozenset[str] | None = None, **_: Any) -> None:
    is_login = set(update_fields or ()) == {"last_login"}
    if sender in {ApiToken, Group, get_user_model()} and not is_login:
        forget_callers()


@receiver(m2m_changed, dispatch_uid="jobs.api.callers.permissions")
def _permissions_changed(*, model: Any, **_: Any) -> None:
    if model in {Permission, Group, get_user_model()}:
        forget_callers()


@receiver([tokens_revoked, user_logged_out], dispatch_uid="jobs.api.callers.gone")
def _gone(**_: Any) -> None:
    forget_callers()

"""Give out API tokens, and take them back."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from jobs.domain.audit import Verb
from jobs.domain.tokens import digest_of, new_token, prefix_of
from jobs.exceptions import InvalidOption
from jobs.models import ApiToken
from jobs.models.token import NAME_LENGTH
from jobs.services.audit import entered
from jobs.signals import tokens_revoked

if TYPE_CHECKING:
    from django.contrib.auth.models import User

#: Ten years; a token that should live longer may as well never expire.
MOST_DAYS = 3650


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made: the only moment at which anybody can read it."""

    row: ApiToken
    plain: str = field(repr=False)


@transaction.atomic
def create_token(
    *, user: "User", name: str, expires_days: int | None = None, read_only: bool = False
) -> NewToken:
    """Make a token for a user; without `expires_days` it never expires.

    Raises:
        InvalidOption: the name is empty, too long or holds a NUL, or the days are none.
    """
    name = name.strip()
    if not 0 < len(name) <= NAME_LENGTH or "\0" in name:
        raise InvalidOption(
            field="name", given=name[:60], allowed=f"a text of 1 to {NAME_LENGTH} characters"
        )
    if expires_days is not None and not 1 <= expires_days <= MOST_DAYS:
        raise InvalidOption(
            field="expires_days", given=expires_days, allowed=f"a number from 1 to {MOST_DAYS:,}"
        )
    now, plain = timezone.now(), new_token()
    row = ApiToken.objects.create(
        user=user,
        name=name,
        prefix=prefix_of(plain),
        digest=digest_of(plain),
        read_only=read_only,
        created_at=now,
        expires_at=None if expires_days is None else now + timedelta(days=expires_days),
    )
    after = {"user": user.get_username(), "for": name, "prefix": row.prefix}
    lasts = {"read_only": read_only, "expires_days": expires_days}
    entered(Verb.TOKEN_CREATE, row.pk, after=after | lasts)
    return NewToken(row, plain)


@transaction.atomic
def revoke_tokens(*, token_ids: Iterable[int], now: datetime | None = None) -> int:
    """Make tokens worthless, for good; gives how many of them were not yet revoked."""
    rows = ApiToken.objects.filter(pk__in=list(token_ids), revoked_at=None)
    known = list(rows.order_by("pk").values_list("pk", "prefix"))
    count = rows.update(revoked_at=now or timezone.now())
    if count:
        only = known[0][0] if len(known) == 1 else ""
        prefixes = {"prefixes": [prefix for _, prefix in known]}
        entered(Verb.TOKEN_REVOKE, only, count=count, wanted=prefixes)
        transaction.on_commit(partial(tokens_revoked.send, sender=ApiToken), robust=True)
    return count


def note_use(*, token_id: int, now: datetime) -> None:
    """Keep when a token was last used."""
    ApiToken.objects.filter(pk=token_id).update(last_used_at=now)

"""`manage.py tasks token …`: API tokens from a shell."""

import json
from argparse import ArgumentParser
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError, OutputWrapper
from django.utils import timezone

from jobs.domain.tokens import digest_of, is_token, prefix_of
from jobs.domain.wording import in_utc
from jobs.exceptions import InvalidOption
from jobs.models import ApiToken
from jobs.services.tokens import create_token, revoke_tokens

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from django.contrib.auth.models import User


def add_token_commands(verbs: "_SubParsersAction[Any]") -> None:
    """Add `token create`, `token list` and `token revoke`.

    Each sets the option `run`: a function of the options and of the stream to print on.
    """
    token = verbs.add_parser("token", help="create, list and revoke tokens of the API")
    words = token.add_subparsers(dest="word", metavar="create|list|revoke", required=True)

    create = words.add_parser("create", help="create a token, which is printed once and not kept")
    create.add_argument("user", help="name of the user it stands for")
    create.add_argument("--name", required=True, help="what it is for")
    create.add_argument("--expires-days", type=int, help="days until it expires; else never")
    create.add_argument("--read-only", action="store_true", help="it may see, and do nothing")
    _finish(create, _create)

    listing = words.add_parser("list", help="show the tokens, the newest first")
    listing.add_argument("user", nargs="?", help="only this user's")
    _finish(listing, _list)

    revoke = words.add_parser("revoke", help="make a token worthless, for good")
    revoke.add_argument("prefix", help="its beginning, as the list shows it, or all of it")
    _finish(revoke, _revoke)


def _finish(parser: ArgumentParser, run: Any) -> None:
    parser.add_argument("--json", action="store_true", help="print for programs")
    parser.set_defaults(run=run)


def _create(options: Mapping[str, Any], out: OutputWrapper) -> None:
    try:
        made = create_token(
            user=_user(options["user"]),
            name=options["name"],
            expires_days=options["expires_days"],
            read_only=options["read_only"],
        )
    except InvalidOption as error:
        raise CommandError(str(error)) from None
    if options["json"]:
        out.write(json.dumps(_facts(made.row) | {"token": made.plain}))
    else:
        out.write(f"{made.plain}\nKeep it now: it is not shown again.")


def _list(options: Mapping[str, Any], out: OutputWrapper) -> None:
    rows = ApiToken.objects.select_related("user")
    if options["user"]:
        rows = rows.filter(user=_user(options["user"]))
    if options["json"]:
        out.write(json.dumps([_facts(row) for row in rows]))
        return
    for row in rows:
        out.write("  ".join(_words(row)))


def _revoke(options: Mapping[str, Any], out: OutputWrapper) -> None:
    given = options["prefix"].removesuffix("…")
    rows = ApiToken.objects.filter(
        **({"digest": digest_of(given)} if is_token(given) else {"prefix__startswith": given})
    )
    found = list(rows[:2]) if given else []
    if len(found) != 1:
        problem = "more than one token begins" if found else "no token begins"
        raise CommandError(f"{problem} with {prefix_of(given)!r}: give what `token list` shows.")
    count = revoke_tokens(token_ids=[found[0].pk])
    said = f"{found[0]} {'is revoked' if count else 'was already revoked'}."
    out.write(json.dumps({"prefix": found[0].prefix, "revoked": True}) if options["json"] else said)


def _user(name: str) -> "User":
    users = get_user_model()
    try:
        found: User = users._default_manager.get_by_natural_key(name)  # noqa: SLF001
    except users.DoesNotExist:
        raise CommandError(f"There is no user {name!r}.") from None
    return found


def _words(row: ApiToken) -> list[str]:
    now = timezone.now()
    if row.revoked_at is not None:
        state = f"revoked {in_utc(row.revoked_at)}"
    elif row.expires_at is None:
        state = "never expires"
    else:
        state = f"{'expired' if row.is_expired(now) else 'expires'} {in_utc(row.expires_at)}"
    used = f"last used {in_utc(row.last_used_at)}" if row.last_used_at else "never used"
    scope = ["read-only"] if row.read_only else []
    return [f"{row.prefix}…", row.user.get_username(), row.name, *scope, state, used]


def _facts(row: ApiToken) -> dict[str, Any]:
    moments = {
        name: moment.isoformat() if (moment := getattr(row, name)) else None
        for name in ("created_at", "expires_at", "revoked_at", "last_used_at")
    }
    return {
        "prefix": row.prefix,
        "user": row.user.get_username(),
        "name": row.name,
        "read_only": row.read_only,
        **moments,
    }

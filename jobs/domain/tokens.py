"""What an API token looks like, and what is kept of it."""

import hashlib
import re
import secrets

#: What every token begins with, so that people and secret scanners know one when they see it.
MARK = "tq_"
#: Random bytes of a token, written as twice as many hexadecimal digits: nobody guesses 192 bits.
RANDOM_BYTES = 24
#: The beginning that is shown and kept; too little to guess the rest from.
PREFIX_CHARACTERS = len(MARK) + 8

_FORM = re.compile(rf"{MARK}[0-9a-f]{{{2 * RANDOM_BYTES}}}")


def new_token() -> str:
    """A fresh token, as in `tq_0123…`."""
    return MARK + secrets.token_hex(RANDOM_BYTES)


def is_token(text: str) -> bool:
    """Whether the text has the form of a token; only then is it worth a look into the database."""
    return _FORM.fullmatch(text) is not None


def prefix_of(token: str) -> str:
    """The part of a token by which people tell their tokens apart."""
    return token[:PREFIX_CHARACTERS]


def digest_of(token: str) -> str:
    """What is kept in a token's place: SHA-256, in hexadecimal digits.

    One round without a salt is enough for what is random; it is not for passwords.
    """
    return hashlib.sha256(token.encode()).hexdigest()

"""Secrets by their names: what is replaced before anything of a task is shown."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

REPLACEMENT = "[redacted]"
#: Characters of a key that are looked at; a longer one is a text, not a name.
LONGEST_KEY = 100

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NO_WORD = re.compile(r"[\W\d_]+")
#: A name and what leads from it to its value: `password=`, `'api_key': `, `Authorization: `.
_NAMED = re.compile(rf"(?<![\w-])([\w-]{{1,{LONGEST_KEY}}})[\"']?\s{{0,3}}[:=]\s{{0,3}}(?=\S)")
#: Its value: quoted, to the end if the quote is cut off; a whole line that opens a bracket; a
#: credential behind its scheme; else one word.
_VALUE = re.compile(
    r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)'
    r"|'[^'\\]*(?:\\.[^'\\]*)*(?:'|\\?\Z)"
    r"|[\[{(][^\n]*"
    r"|(?:bearer|basic|token|digest)\s+[^\s,;'\")\]}]+"
    r"|[^\s,;&'\")\]}]+",
    re.IGNORECASE | re.DOTALL,
)
#: Beside a secret's name these say that a number is how much there is of it: `token_count`.
_AMOUNT = frozenset({"count", "limit", "length", "size", "quota", "usage", "budget"})
#: These do beside its plural: `max_tokens`, `tokens_used`, `prompt_tokens`.
_AMOUNT_OF_MANY = frozenset(
    {"max", "min", "total", "num", "used", "left", "remaining", "per"}
    | {"prompt", "completion", "input", "output"}
)
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?")
#: The password of an address: `postgresql://user:password@host`.
_IN_ADDRESS = re.compile(r"(?<=://)([^\s:/@]{0,200}):[^\s/@]{1,500}@")


class Redactor:
    """Knows secrets by the names they are given.

    A key is secret when it is one of the names, ends in one, or holds one as a word; case,
    digits, separators and a plural do not matter. Of `api_key` that is `API-Key`, `stripeApiKey`,
    `api_keys` and `api_key_id`; of `token` it is not `tokenizer`.

    A number is shown all the same where whole words of the key say that it is an amount:
    `max_tokens`, `token_count`. A text or a list under such a key is hidden.

    `wherever` is a regular expression, whatever the case, for databases: it finds something in
    every text in which `text` would replace anything, and in a few more.
    """

    def __init__(self, names: Iterable[str]) -> None:
        words = {_words(name) for name in names} - {""}
        self._joined = tuple(word.replace("_", "") for word in words)
        self._ends = (*self._joined, *(f"{word}s" for word in self._joined))
        inside = "|".join(re.escape(word) for word in sorted(words))
        self._inside = re.compile(rf"(?:^|_)(?:{inside})s?(?:_|$)") if words else None
        self._many = re.compile(rf"(?:^|_)(?:{inside})s(?:_|$)") if words else None
        self.wherever = _wherever(words)
        self.hides = lru_cache(maxsize=10_000)(self._hides)
        self._counts = lru_cache(maxsize=10_000)(self._is_amount)

    def _hides(self, key: str) -> bool:
        """Whether the value of this key is secret."""
        if self._inside is None:
            return False
        words = _words(key)
        return words.replace("_", "").endswith(self._ends) or bool(self._inside.search(words))

    def _is_amount(self, key: str) -> bool:
        """Whether a number under this key, which is a secret's, is only how much there is of it."""
        words = _words(key)
        beside = set(words.split("_"))
        is_many = self._many is not None and self._many.search(words) is not None
        return bool(beside & _AMOUNT) or (is_many and bool(beside & _AMOUNT_OF_MANY))

    def _hides_item(self, key: str, item: Any) -> bool:
        if item is None or isinstance(item, bool) or not self.hides(key):
            return False
        return not (isinstance(item, int | float) and self._counts(key))

    def value(self, given: Any) -> Any:
        """A JSON value with its secrets replaced, as a copy; null, true and false are none.

        Texts in it are treated as `text` does.
        """
        if isinstance(given, dict):
            return {
                key: REPLACEMENT if self._hides_item(key, item) else self.value(item)
                for key, item in given.items()
            }
        if isinstance(given, list):
            return [self.value(item) for item in given]
        return self.text(given) if isinstance(given, str) else given

    def restored(self, given: Any, original: Any) -> Any:
        """A JSON value in which what still stands as `value` shows it of `original` is whole again.

        For values that somebody was shown, changed in part and sends back.
        """
        return _restored(given, original, self.value(original))

    def text(self, given: str) -> str:
        """A text with the values of secret names replaced, as in `password=…` and `"token": "…"`.

        Also the password in an address. A secret that stands there without its name is not found.
        """
        if self._may_name_secrets(given):
            given = self._without_named(given)
        return _IN_ADDRESS.sub(rf"\1:{REPLACEMENT}@", given) if "://" in given else given

    def _may_name_secrets(self, text: str) -> bool:
        """Whether a closer look is worth its time: most texts name none, and logs are long."""
        if "=" not in text and ":" not in text:
            return False
        letters = text.lower().replace("_", "").replace("-", "")
        return any(name in letters for name in self._joined)

    def _without_named(self, text: str) -> str:
        pieces, kept = [], 0
        for named in _NAMED.finditer(text):
            if named.start() < kept or not self.hides(named[1]):
                continue
            value = _VALUE.match(text, named.end())
            if value is None or (_NUMBER.fullmatch(value[0]) and self._counts(named[1])):
                continue
            pieces += [text[kept : named.end()], REPLACEMENT]
            kept = value.end()
        return "".join([*pieces, text[kept:]])


def _wherever(words: Iterable[str]) -> str:
    names = [word.replace("_", r"[\d_-]*") for word in sorted(words)]
    named = rf"({'|'.join(names)})[\w-]*[\"']?\s*[:=]"
    in_address = r"://[^\s/@]*:[^\s/@]*@"
    return f"{named}|{in_address}" if names else in_address


def holds_replacement(given: Any) -> bool:
    """Whether something in this JSON value is hidden, and so not the value itself."""
    if isinstance(given, dict):
        return any(holds_replacement(item) for item in given.values())
    if isinstance(given, list):
        return any(holds_replacement(item) for item in given)
    return isinstance(given, str) and REPLACEMENT in given


def _restored(given: Any, original: Any, shown: Any) -> Any:
    if given == shown:
        return original
    if isinstance(given, dict) and isinstance(shown, dict):
        return {
            key: _restored(item, original[key], shown[key]) if key in shown else item
            for key, item in given.items()
        }
    if isinstance(given, list) and isinstance(shown, list):
        known = [_restored(*each) for each in zip(given, original, shown, strict=False)]
        return [*known, *given[len(known) :]]
    return given


def _words(key: str) -> str:
    """A key's words in small letters, as in `stripe_api_key`."""
    return _NO_WORD.sub("_", _CAMEL.sub("_", key[-LONGEST_KEY:]).lower()).strip("_")

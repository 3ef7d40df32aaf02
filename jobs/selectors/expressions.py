"""What a search asks of columns that have no index, for both databases."""

import json
import re
from collections.abc import Sequence
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, FloatField, Func
from django.db.models.sql.compiler import SQLCompiler

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
#: A piece of SQL and its parameters.
Compiled = tuple[str, tuple[Any, ...]]
_WORDS = ("true", "false", "null")
_64_BITS = range(-(2**63), 2**63)


class ArgumentIs(Func):
    """Whether the argument at the end of some keys is one of the texts, or what one spells as JSON.

    `5` is the number and the text, `true` the truth value and the text. Never NULL.
    """

    output_field = BooleanField()

    def __init__(self, keys: Sequence[str], texts: Sequence[str]) -> None:
        super().__init__(F("kwargs"))
        self._keys = tuple(keys)
        self._texts = tuple(texts)

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> Compiled:
        """The values compared as `jsonb`, in which 5 and 5.0 are equal."""
        column, _ = compiler.compile(self.source_expressions[0])
        spelled = [json.dumps(text) for text in self._texts]
        spelled += [text for text in self._texts if text in _WORDS or _NUMBER.fullmatch(text)]
        value = "".join([column, *(" -> %s::text" for _ in self._keys)])
        choices = ", ".join("%s::jsonb" for _ in spelled)
        return f"COALESCE(({value}) IN ({choices}), FALSE)", (*self._keys, *spelled)

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> Compiled:
        """The values compared by their type."""
        column, _ = compiler.compile(self.source_expressions[0])
        path = "$" + "".join(f'."{key}"' for key in self._keys)
        numbers = [_number(text) for text in self._texts if _NUMBER.fullmatch(text)]
        words = [text for text in self._texts if text in _WORDS]
        alternatives: list[tuple[str, list[Any]]] = [("= 'text'", list(self._texts))]
        if numbers:
            alternatives.append(("IN ('integer', 'real')", numbers))
        parts: list[str] = []
        params: list[Any] = []
        for kind, values in alternatives:
            marks = ", ".join("%s" for _ in values)
            parts.append(
                f"(JSON_TYPE({column}, %s) {kind} AND JSON_EXTRACT({column}, %s) IN ({marks}))"
            )
            params += [path, path, *values]
        if words:
            parts.append(f"JSON_TYPE({column}, %s) IN ({', '.join('%s' for _ in words)})")
            params += [path, *words]
        return f"COALESCE({' OR '.join(parts)}, 0)", tuple(params)


class SecondsBetween(Func):
    """From one moment to another, in seconds; NULL when either is."""

    output_field = FloatField()
    arity = 2

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> Compiled:
        """As the server counts."""
        return self._as("EXTRACT(EPOCH FROM ({end} - {start}))", compiler)

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> Compiled:
        """To the millisecond, without Django's function in Python for each row."""
        return self._as("ROUND((JULIANDAY({end}) - JULIANDAY({start})) * 86400.0, 3)", compiler)

    def _as(self, form: str, compiler: SQLCompiler) -> Compiled:
        start, start_params = compiler.compile(self.source_expressions[0])
        end, end_params = compiler.compile(self.source_expressions[1])
        return form.format(start=start, end=end), (*end_params, *start_params)


class Unindexed(Func):
    """A column as it is, which no index of SQLite serves.

    Its planner would rather walk the whole of an index that has the groups, or one value of a
    common column, in order than sort the few rows that the rest of the filter leaves.
    """

    arity = 1
    template = "%(expressions)s"

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any
    ) -> Compiled:
        """`+column`."""
        return self.as_sql(compiler, connection, template="+%(expressions)s", **context)


def _number(text: str) -> int | float:
    whole = "." not in text and int(text) in _64_BITS
    return int(text) if whole else float(text)

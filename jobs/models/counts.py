"""A column of many counts."""

import json
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class CountsField(models.Field[list[int], list[int]]):
    """A list of whole numbers: an array on PostgreSQL, JSON text on SQLite.

    Both can be added up by the database itself, which a JSON column of PostgreSQL does at four
    times the cost.
    """

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """The column's type."""
        return "bigint[]" if connection.vendor == "postgresql" else "text"

    def get_db_prep_value(
        self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> Any:
        """The list as the driver takes it."""
        return value if connection.vendor == "postgresql" else json.dumps(value)

    def from_db_value(self, value: Any, *_: object) -> list[int]:
        """The list from what the driver gave."""
        counts: list[int] = json.loads(value) if isinstance(value, str) else value
        return counts

"""The options of a task type, and what each may hold."""

import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from jobs.domain.retries import Exceptions, RetryPolicy
from jobs.exceptions import InvalidOption

MAX_RETRIES = 1000
MAX_TIMEOUT_SECONDS = 7 * 24 * 3600.0
MAX_NAME_CHARACTERS = 200
MOST_TAGS = 20
MAX_KEY_CHARACTERS = 200
MOST_DEPENDENCIES = 100
MAX_TAG_CHARACTERS = 50


class Execution(TypedDict, total=False):
    """How a task is run, said where its type is declared or for one call."""

    max_retries: int
    """Tries after the first one."""
    timeout_seconds: float
    """How long one attempt may run."""


class Options(Execution, total=False):
    """What `using()` may change beside Django's four."""

    expires_at: datetime | None
    """Revoked if no worker was free before then; needs a time zone."""
    tags: Sequence[str]
    """Words by which lists find the task."""
    unique_key: str | None
    """While a task of this type with this key is open, no other is written: it is the answer."""
    depends_on: Sequence[UUID | str]
    """Ids of tasks that must succeed first; one that fails or is revoked fails this one too."""


class CallOptions(TypedDict, total=False):
    """What one call may say of its tasks; None, as nothing, leaves what the task type says."""

    queue: str | None
    max_retries: int | None
    timeout_seconds: float | None
    run_after: datetime | None
    expires_at: datetime | None
    tags: Sequence[str] | None
    unique_key: str | None
    depends_on: Sequence[UUID | str] | None
    submitted_by: str
    parent: UUID | None
    """The task that this one runs again."""


class Declaration(Execution, total=False):
    """What `@task` may say."""

    name: str
    """What rows call the task type."""
    aliases: tuple[str, ...]
    """Former names, under which old rows still find it."""
    queue_name: str
    """The queue where its tasks wait."""
    priority: int
    """Chooses the queue where none is named: above 0 `high`, 0 `default`, below 0 `low`."""
    backend: str
    """Which of `settings.TASKS` takes its tasks."""
    backoff: RetryPolicy
    """How long to wait before each retry."""
    retry_on: Exceptions | None
    """Only these exceptions are retried; without it all are."""
    dont_retry_on: Exceptions
    """These exceptions are never retried; wins over `retry_on`."""
    retry_if: Callable[[BaseException], bool] | None
    """Asked with an exception that the two above let through: True to retry."""
    atomic: bool
    """Run the function in the transaction that records its success: both happen, or neither."""
    internal: bool
    """Only code of this project enqueues it: the API, the pages and the shell do not offer it."""


def check_retries(count: object) -> int:
    """The number of retries. Raises InvalidOption unless it is a whole number from 0 to 1,000."""
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= MAX_RETRIES:
        raise InvalidOption(
            field="max_retries", given=count, allowed=f"a whole number from 0 to {MAX_RETRIES}"
        )
    return count


def check_timeout(seconds: object) -> float:
    """The time limit in seconds. Raises InvalidOption unless it is above 0 and at most a week."""
    if (
        isinstance(seconds, bool)
        or not isinstance(seconds, int | float)
        or not math.isfinite(seconds)
        or not 0 < seconds <= MAX_TIMEOUT_SECONDS
    ):
        raise InvalidOption(
            field="timeout_seconds",
            given=seconds,
            allowed=f"a number above 0 and at most {MAX_TIMEOUT_SECONDS:g}",
        )
    return float(seconds)


def check_tags(tags: object) -> tuple[str, ...]:
    """The tags, each once. Raises InvalidOption unless they are at most 20 short texts."""
    if (
        not isinstance(tags, list | tuple)
        or len(tags) > MOST_TAGS
        or not all(_is_label(tag, MAX_TAG_CHARACTERS) for tag in tags)
    ):
        raise InvalidOption(
            field="tags",
            given=tags,
            allowed=(
                f"a list of up to {MOST_TAGS} texts of 1 to {MAX_TAG_CHARACTERS} printable "
                "characters, no space at either end"
            ),
        )
    return tuple(dict.fromkeys(tags))


def check_unique_key(key: object) -> str | None:
    """The key, if one is given. Raises InvalidOption unless it is 1 to 200 printable characters."""
    if key is None or (isinstance(key, str) and _is_label(key, MAX_KEY_CHARACTERS)):
        return key
    raise InvalidOption(
        field="unique_key",
        given=key,
        allowed=f"1 to {MAX_KEY_CHARACTERS} printable characters, no space at either end",
    )


def check_depends_on(ids: object) -> tuple[str, ...]:
    """The ids as texts, each once. Raises InvalidOption unless they are at most 100 UUIDs."""
    if isinstance(ids, list | tuple) and len(ids) <= MOST_DEPENDENCIES:
        with suppress(ValueError):
            return tuple(dict.fromkeys(map(_task_id, ids)))
    raise InvalidOption(
        field="depends_on",
        given=ids,
        allowed=f"a list of up to {MOST_DEPENDENCIES} ids of tasks",
    )


def check_name(field: str, name: object) -> str:
    """A task type's name. Raises InvalidOption unless it is 1 to 200 printable characters."""
    if not isinstance(name, str) or not _is_label(name, MAX_NAME_CHARACTERS):
        raise InvalidOption(
            field=field,
            given=name,
            allowed=f"1 to {MAX_NAME_CHARACTERS} printable characters, no space at either end",
        )
    return name


def _is_label(text: object, most_characters: int) -> bool:
    return (
        isinstance(text, str)
        and 0 < len(text) <= most_characters
        and text.isprintable()
        and text == text.strip()
    )


def _task_id(given: object) -> str:
    if not isinstance(given, UUID | str):
        raise ValueError(given)  # noqa: TRY004 - as UUID() does with a text that is none
    return str(UUID(str(given)))

"""A typed, checked view of `settings.JOBS`."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from ipaddress import ip_network
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver

#: Levels of log records, the least severe first.
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def _between(default: float, minimum: float, maximum: float) -> Any:
    return field(default=default, metadata={"minimum": minimum, "maximum": maximum})


#: How often, as `100/second` or `6000/minute`.
RATE = re.compile(r"([1-9][0-9]{0,8})/(second|minute)", re.ASCII)


def _rate(default: str) -> Any:
    return field(default=default, metadata={"rate": True})


def _networks() -> Any:
    return field(default=(), metadata={"networks": True})


def _one_of(default: str, words: tuple[str, ...]) -> Any:
    return field(default=default, metadata={"words": words})


#: A model, as in `shop.order`.
IS_MODEL = re.compile(r"[a-z_][a-z0-9_]*\.[A-Za-z_]\w*", re.ASCII)
_IS_ADDRESS = re.compile(r"(?:https?://|/(?!/))[^\s{}]*\{\}[^\s{}]*")


class Links(dict[str, str]):
    """Name of an argument -> where its object is found. Not changed once it is read."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))


NO_LINKS = Links()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conf:
    """One attribute for each key of `settings.JOBS`, which is spelled in capitals."""

    lease_seconds: float = _between(30.0, 1, 3600)
    """A worker whose heartbeat stands still this long is taken for dead."""
    drain_seconds: float = _between(30.0, 0, 3600)
    """How long a worker that is told to go lets running tasks finish."""
    batch_size: int = _between(100, 1, 10_000)
    """The most tasks a worker holds unstarted."""
    window_seconds: float = _between(0.05, 0.001, 60)
    """A worker takes no more tasks than it expects to run in this time."""
    tick_seconds: float = _between(0.01, 0.001, 1)
    """The longest an ended task waits to be written together with others."""
    poison_limit: int = _between(3, 1, 100)
    """A task under which this many workers died is given up."""
    timeout_seconds: float = _between(300.0, 0.001, 604_800)
    """How long a task may run whose type does not say; read when the type is defined."""
    stop_grace_seconds: float = _between(1.0, 0.1, 3600)
    """A task that does not end so long after it was asked to, its process is killed."""
    max_tasks_per_horse: int = _between(0, 0, 1_000_000_000)
    """A work-horse is replaced after it has begun this many tasks; 0: never for that."""
    max_memory_mb: int = _between(0, 0, 1_048_576)
    """A work-horse is replaced when it is larger than this (MiB, resident); 0: never for that."""
    argument_limit_bytes: int = _between(256 * 1024, 1024, 64 * 1024 * 1024)
    """The largest JSON text of one task's arguments."""
    result_limit_bytes: int = _between(1024 * 1024, 1024, 64 * 1024 * 1024)
    """The largest JSON text of one task's result."""
    log_level: str = _one_of("INFO", LOG_LEVELS)
    """The least severe log records that are kept with an attempt; loggers keep their own levels."""
    log_limit_bytes: int = _between(16 * 1024, 256, 1024 * 1024)
    """The most text of one attempt's log; the last of it is kept."""
    log_limit_records: int = _between(500, 0, 100_000)
    """The most records of one attempt's log, the last of them; 0 keeps no log."""
    search_rows: int = _between(10_000, 100, 1_000_000)
    """How many tasks one page of a search looks at where no index answers it."""
    idempotency_seconds: float = _between(86_400.0, 60, 2_592_000)
    """How long the answer to a submit with an Idempotency-Key is remembered."""
    demo_speed: float = _between(1.0, 0, 100)
    """Multiplies the durations of the demo tasks; 0 makes them instant."""
    demo_failures: float = _between(1.0, 0, 10)
    """Multiplies the failure rates of the demo tasks; 0 makes them always succeed."""
    release: str = ""
    """The release of the code that runs here, kept with each attempt."""
    environment: str = ""
    """What this site is, as every page of the admin says it: production, staging and so on."""
    anonymous_access: bool = False
    """Whether callers without an account may submit, read, cancel and requeue."""
    throttle_submit: str = _rate("5000/second")
    """How often one caller may submit; a bulk call counts once."""
    throttle_read: str = _rate("5000/second")
    """How often one caller may read."""
    throttle_act: str = _rate("500/second")
    """How often one caller may do anything else: cancel, requeue, discard and so on."""
    webhooks_queue: str = "low"
    """The queue on which webhooks are delivered."""
    webhooks_timeout_seconds: float = _between(10.0, 0.1, 120)
    """How long a webhook's receiver may take, from the connection to the head of its answer."""
    webhooks_max_retries: int = _between(12, 0, 100)
    """How often one message is tried again."""
    webhooks_first_retry_seconds: float = _between(5.0, 0, 86_400)
    """The wait before the first retry; each further one is three times as long, up to six hours."""
    webhooks_disable_failures: int = _between(20, 1, 1_000_000)
    """So many failures in a row disable a webhook, when they last for WEBHOOKS_DISABLE_SECONDS."""
    webhooks_disable_seconds: float = _between(86_400.0, 0, 31_536_000)
    """How long a webhook must have failed before it is disabled."""
    webhooks_rotation_seconds: float = _between(86_400.0, 0, 31_536_000)
    """How long the old secret of a webhook signs beside a new one."""
    webhooks_keep_seconds: float = _between(604_800.0, 60, 31_536_000)
    """How long a message is kept, sent or not."""
    webhooks_keep_count: int = _between(10_000, 1, 10_000_000)
    """How many messages of one webhook are kept that need not be sent any more."""
    webhooks_allowed_networks: tuple[str, ...] = _networks()
    """Networks, as in 10.1.0.0/16, to which webhooks may be sent although they are not public."""
    audit_keep_seconds: float = _between(31_536_000.0, 3600, 3_153_600_000)
    """How long is kept what operators did: a year, if nothing else is said."""
    trusted_proxies: int = _between(0, 0, 16)
    """How many proxies stand before this site whose X-Forwarded-For is believed; 0: none is."""
    operations_keep_seconds: float = _between(2_592_000.0, 60, 31_536_000)
    """How long it is kept what an action over many tasks did to each of them."""
    operations_keep_rows: int = _between(1_000_000, 0, 100_000_000)
    """Of how many tasks of one such action that is kept; of the others only their number."""
    minute_counts_keep_seconds: float = _between(604_800.0, 172_800, 31_536_000)
    """How long counts per minute and quarter of an hour are kept, for charts of up to a day."""
    hour_counts_keep_seconds: float = _between(7_776_000.0, 2_764_800, 315_360_000)
    """How long counts per hour and six hours are kept, for charts of a week and of 30 days."""
    day_counts_keep_seconds: float = _between(63_072_000.0, 7_948_800, 3_153_600_000)
    """How long counts per day are kept, for charts of 90 days."""
    redacted_keys: tuple[str, ...] = (
        "password",
        "passwd",
        "passphrase",
        "secret",
        "token",
        "api_key",
        "private_key",
        "access_key",
        "authorization",
        "credential",
        "cookie",
    )
    """Names of secrets: what a task carries or says under such a name is shown to nobody."""
    object_links: Links = NO_LINKS
    """What tasks are about: the admin links an argument of such a name to its object."""

    @classmethod
    def of(cls, given: object) -> "Conf":
        """The settings as given, defaults filled in.

        Raises:
            ImproperlyConfigured: an unknown key, or a value that is not allowed.
        """
        if not isinstance(given, Mapping):
            raise ImproperlyConfigured(f"JOBS is {given!r}: it must be a dictionary.")
        known = {item.name.upper(): item for item in fields(cls)}
        values: dict[str, Any] = {}
        for key, value in given.items():
            if key not in known:
                raise ImproperlyConfigured(
                    f"JOBS has no key {key!r}: it may have {', '.join(sorted(known))}."
                )
            item = known[key]
            kind: type = type(item.default)
            if not _allowed(value, kind, item.metadata):
                allowed = allowed_in_words(kind, item.metadata)
                raise ImproperlyConfigured(f"JOBS[{key!r}] is {value!r}: it must be {allowed}.")
            values[item.name] = kind(value)
        return cls(**values)


def _allowed(value: object, kind: type, bounds: Mapping[str, Any]) -> bool:
    if kind is Links:
        return isinstance(value, Mapping) and all(map(_is_link, value.items()))
    if "words" in bounds:
        return value in bounds["words"]
    if kind is tuple:
        check = _is_network if "networks" in bounds else _is_text
        return isinstance(value, list | tuple) and all(map(check, value))
    if "rate" in bounds:
        return isinstance(value, str) and (not value or RATE.fullmatch(value) is not None)
    if kind in {str, bool}:
        return isinstance(value, kind)
    if isinstance(value, bool) or not isinstance(value, int if kind is int else int | float):
        return False
    return math.isfinite(value) and bounds["minimum"] <= value <= bounds["maximum"]


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_link(given: tuple[object, object]) -> bool:
    name, target = given
    if not isinstance(name, str) or not isinstance(target, str):
        return False
    return bool(name) and bool(IS_MODEL.fullmatch(target) or _IS_ADDRESS.fullmatch(target))


def _is_network(value: object) -> bool:
    try:
        ip_network(str(value))
    except ValueError:
        return False
    return isinstance(value, str)


def allowed_in_words(kind: type, bounds: Mapping[str, Any]) -> str:
    """What a key of this type, within the bounds of its field's metadata, may hold."""
    if kind is Links:
        return (
            "a dictionary from names of arguments to a model, as in shop.order, or an address, as "
            "in /orders/{}/ or https://shop.example/orders/{}"
        )
    if "words" in bounds:
        return "one of " + ", ".join(bounds["words"])
    if "rate" in bounds:
        return "a number per second or minute as in 100/second, or empty for no limit"
    if kind is str:
        return "a text"
    if "networks" in bounds:
        return "a list of IP networks as in 10.1.0.0/16"
    if kind is tuple:
        return "a list of texts"
    if kind is bool:
        return "True or False"
    number = "a whole number" if kind is int else "a number"
    return f"{number} from {bounds['minimum']:,g} to {bounds['maximum']:,.10g}"


@cache
def get_conf() -> Conf:
    """What `settings.JOBS` says now. Raises ImproperlyConfigured as `Conf.of` does."""
    return Conf.of(getattr(settings, "JOBS", {}))


@receiver(setting_changed, dispatch_uid="jobs.conf")
def _forget(*, setting: str, **_: object) -> None:
    if setting == "JOBS":
        get_conf.cache_clear()


def default_timeout_seconds() -> float:
    """The time limit of a task type that does not say, also where no settings are loaded."""
    return get_conf().timeout_seconds if settings.configured else Conf().timeout_seconds

"""Subscribe to what becomes of tasks, change that, and end it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, TypedDict, Unpack
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.encoding import force_bytes

from jobs.conf import get_conf
from jobs.domain.addresses import target_of
from jobs.domain.audit import Verb
from jobs.domain.options import check_tags
from jobs.domain.registry import registry
from jobs.domain.states import ENDED
from jobs.domain.webhooks import RUNNER, TOLD, new_seed, secret_of, shown
from jobs.exceptions import InvalidOption, UnknownTaskType, WebhookNotFound
from jobs.models import Webhook, WebhookDelivery
from jobs.models.webhook import DESCRIPTION_LENGTH
from jobs.services.audit import entered
from jobs.services.posting import Refused, places_of
from jobs.signals import webhook_disabled
from jobs.store import webhooks as store

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST_TASK_TYPES = 100
#: Deliveries that are deleted by one statement.
CHUNK = 1000


class Terms(TypedDict, total=False):
    """What a webhook wants."""

    url: str
    description: str
    states: Sequence[str]
    task_types: Sequence[str]
    tags: Sequence[str]
    with_payload: bool


@dataclass(frozen=True, slots=True)
class NewSecret:
    """A webhook whose secret was just made: the only moment at which anybody can read it."""

    row: Webhook
    plain: str = field(repr=False)


@transaction.atomic
def subscribe(*, owner: "User | None", **terms: Unpack[Terms]) -> NewSecret:
    """Begin to tell a URL what becomes of tasks; without `states` all their ends.

    Raises:
        InvalidOption: a term is not allowed; of the URL also when its host is not a public one.
        UnknownTaskType: of `task_types`.
    """
    given: Terms = {"url": "", "states": sorted(ENDED)}
    given.update(terms)
    row = Webhook.objects.create(owner=owner, seed=new_seed(), **check_terms(given))
    entered(Verb.WEBHOOK_CREATE, row.pk, after=_terms_of(row))
    store.forget()
    return NewSecret(row, _secret(row))


@transaction.atomic
def change(*, webhook_id: UUID, **terms: Unpack[Terms]) -> Webhook:
    """Change the terms that are given, for what tasks reach from now on, and give the webhook.

    Raises as `subscribe` does, and WebhookNotFound.
    """
    row = locked(webhook_id)
    checked, before = check_terms(terms), _terms_of(row)
    for name, value in checked.items():
        setattr(row, name, value)
    row.save(update_fields=[*checked])
    after = _terms_of(row)
    if after != before:
        entered(Verb.WEBHOOK_CHANGE, row.pk, before=before, after=after)
    store.forget()
    return row


@transaction.atomic
def rotate(*, webhook_id: UUID, overlap_seconds: float | None = None) -> NewSecret:
    """Give a webhook a new secret; the one of before signs too for `overlap_seconds`.

    Without them that is `JOBS["WEBHOOKS_ROTATION_SECONDS"]`. Raises WebhookNotFound.
    """
    row = locked(webhook_id)
    seconds = get_conf().webhooks_rotation_seconds if overlap_seconds is None else overlap_seconds
    row.previous_seed, row.seed = row.seed, new_seed()
    row.previous_until = timezone.now() + timedelta(seconds=seconds)
    row.save(update_fields=["seed", "previous_seed", "previous_until"])
    entered(Verb.WEBHOOK_ROTATE, row.pk, after={"overlap_seconds": seconds})
    return NewSecret(row, _secret(row))


@transaction.atomic
def enable(*, webhook_id: UUID) -> Webhook:
    """Tell a webhook again what tasks reach, and what still waits; its failures are forgotten.

    Raises WebhookNotFound.
    """
    row = locked(webhook_id)
    before = {"enabled": row.enabled, "failures": row.consecutive_failures}
    row.enabled, row.disabled_at, row.disabled_reason = True, None, ""
    row.consecutive_failures, row.failing_since, row.resume_at = 0, None, None
    row.save()
    after = {"enabled": True, "failures": 0}
    if after != before:
        entered(Verb.WEBHOOK_ENABLE, row.pk, before=before, after=after)
    store.forget()
    return row


@transaction.atomic
def disable(*, webhook_id: UUID, reason: str, actor: str = "") -> Webhook:
    """Tell a webhook nothing more; one that is disabled already keeps its reason.

    What waits is kept until it is enabled again, or forgotten for its age. Without an actor it is
    the queue's own doing. Raises WebhookNotFound.
    """
    row = locked(webhook_id)
    if row.enabled:
        row.enabled, row.disabled_at, row.disabled_reason = False, timezone.now(), reason
        row.save(update_fields=["enabled", "disabled_at", "disabled_reason"])
        on, off = {"enabled": True}, {"enabled": False}
        by = actor or None
        entered(Verb.WEBHOOK_DISABLE, row.pk, actor=by, reason=reason, before=on, after=off)
        store.forget()
        news = partial(
            webhook_disabled.send,
            sender=Webhook,
            webhook_id=row.pk,
            url=row.url,
            reason=reason,
            actor=actor,
        )
        transaction.on_commit(news, robust=True)
    return row


@transaction.atomic
def unsubscribe(*, webhook_id: UUID) -> None:
    """Remove a webhook, and its log. Raises WebhookNotFound."""
    row = locked(webhook_id)
    log = WebhookDelivery.objects.filter(webhook=row).order_by()
    while ids := list(log.values_list("pk", flat=True)[:CHUNK]):
        WebhookDelivery.objects.filter(pk__in=ids).delete()
    entered(Verb.WEBHOOK_REMOVE, row.pk, before=_terms_of(row))
    row.delete()
    store.forget()


def locked(webhook_id: UUID) -> Webhook:
    """The row, locked until the transaction ends. Raises WebhookNotFound."""
    row = Webhook.objects.select_for_update().filter(pk=webhook_id).first()
    if row is None:
        raise WebhookNotFound(webhook_id=webhook_id)
    return row


def _terms_of(row: Webhook) -> dict[str, object]:
    return {name: getattr(row, name) for name in Terms.__annotations__}


def _secret(row: Webhook) -> str:
    return shown(secret_of(row.seed, site_key=force_bytes(settings.SECRET_KEY)))


def check_terms(terms: Terms) -> Terms:
    """The terms as they are stored. Raises as `subscribe` does."""
    checked: Terms = {}
    if "url" in terms:
        checked["url"] = _check_url(terms["url"])
    if "description" in terms:
        checked["description"] = _check_description(terms["description"])
    if "states" in terms:
        checked["states"] = _check_states(terms["states"])
    if "task_types" in terms:
        checked["task_types"] = _check_task_types(terms["task_types"])
    if "tags" in terms:
        checked["tags"] = list(check_tags(terms["tags"]))
    if "with_payload" in terms:
        checked["with_payload"] = terms["with_payload"]
    return checked


def _check_url(url: str) -> str:
    """A name that cannot be resolved now is taken: it is looked at again before each message."""
    try:
        places_of(target_of(url))
    except ValueError as problem:
        raise InvalidOption(field="url", given=url[:200], allowed=str(problem)) from None
    except Refused as problem:
        raise InvalidOption(
            field="url",
            given=url[:200],
            allowed=f"the address of a public host ({problem}); see WEBHOOKS_ALLOWED_NETWORKS",
        ) from None
    except OSError:
        pass
    return url


def _check_description(text: str) -> str:
    if len(text) > DESCRIPTION_LENGTH or not (text.isprintable() or not text):
        raise InvalidOption(
            field="description",
            given=text[:60],
            allowed=f"at most {DESCRIPTION_LENGTH} printable characters",
        )
    return text


def _check_states(states: Sequence[str]) -> list[str]:
    if not states or not TOLD.issuperset(states):
        raise InvalidOption(
            field="states", given=list(states)[:10], allowed=f"some of {', '.join(sorted(TOLD))}"
        )
    return sorted({str(state) for state in states})


def _check_task_types(names: Sequence[str]) -> list[str]:
    if len(names) > MOST_TASK_TYPES or RUNNER in names:
        raise InvalidOption(
            field="task_types",
            given=list(names)[:10],
            allowed=f"up to {MOST_TASK_TYPES} task types, and not {RUNNER}, which delivers",
        )
    for name in names:
        if registry.find(name) is None:
            raise UnknownTaskType(name=name)
    return sorted({registry.get(name).name for name in names})

"""Where to look further, as addresses of this API."""

from collections.abc import Iterable

from django.urls import reverse


def links(about: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """A link for each pair of kind and name that a reason gives."""
    return [{"rel": kind, "href": _address(kind, name)} for kind, name in about]


def _address(kind: str, name: str) -> str:
    match kind:
        case "task":
            return reverse("api:task", args=[name])
        case "queue":
            return reverse("api:queue", args=[name])
        case "worker":
            return reverse("api:workers")
        case "task_type":
            return reverse("api:task-types")
        case "dead_letter":
            return reverse("api:dead-letter")
    raise ValueError(f"nothing is linked as {kind!r}")

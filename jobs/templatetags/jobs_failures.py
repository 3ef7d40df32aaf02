"""What the templates of the failures' list ask for."""

from typing import Any

from django import template
from django.template.context import RequestContext

from jobs.admin.failure_list import StatusFilter

register = template.Library()


@register.simple_tag(takes_context=True)
def status_choices(context: RequestContext) -> list[Any]:
    """The statuses as tabs."""
    changes = context["cl"]
    spec = next(spec for spec in changes.filter_specs if isinstance(spec, StatusFilter))
    return list(spec.choices(changes))


@register.simple_tag(takes_context=True)
def value_filters(context: RequestContext) -> list[Any]:
    """The other filters."""
    return [spec for spec in context["cl"].filter_specs if not isinstance(spec, StatusFilter)]

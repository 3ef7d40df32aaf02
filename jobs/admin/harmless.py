"""Pages of the stock admin whose text from outside cannot garble what stands around it."""

import re
from typing import Any, TypeVar

from django.contrib.admin import ModelAdmin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from jobs.admin.display import UNSEEN, seen

M = TypeVar("M", bound=Model)

#: What somebody may edit stays as it is, or saving would change it.
_EDITED = r'<input type="(?:text|url|hidden)"[^>]*>|<textarea\b.*?</textarea>'
_KEPT_OR_UNSEEN = re.compile(f"({_EDITED})|{UNSEEN}", re.DOTALL)


class HarmlessAdmin(ModelAdmin[M]):
    """Spells out in whole pages what `seen` does in a text: the stock templates show rows bare."""

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The list."""
        return _harmless(super().changelist_view(request, *args, **kwargs))

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The form, which most see without its fields."""
        return _harmless(super().changeform_view(request, *args, **kwargs))

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The question before deleting."""
        return _harmless(super().delete_view(request, *args, **kwargs))

    def history_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """What the admin's own log tells."""
        return _harmless(super().history_view(request, *args, **kwargs))


def _harmless(response: HttpResponse) -> HttpResponse:
    if isinstance(response, TemplateResponse):
        response.add_post_render_callback(_spell)
    return response


def _spell(response: HttpResponse) -> None:
    page = response.content.decode()
    response.content = _KEPT_OR_UNSEEN.sub(lambda found: found[1] or seen(found[0]), page)

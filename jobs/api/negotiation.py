"""No negotiation: JSON in, JSON out."""

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class OnlyJSON(BaseContentNegotiation):
    """The first parser for a JSON body, the first renderer for every answer."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        """The parser, or None (415) when the body is declared as anything else."""
        declared = request.content_type.partition(";")[0].strip().lower()
        return next(iter(parsers)) if declared == "application/json" else None

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: Any = None
    ) -> tuple[BaseRenderer, str]:
        """The renderer, whatever the caller accepts."""
        renderer = next(iter(renderers))
        return renderer, renderer.media_type

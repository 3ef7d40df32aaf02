"""Answers: JSON by orjson."""

from collections.abc import Mapping
from typing import Any

import orjson
from pydantic_core import to_json
from rest_framework.renderers import BaseRenderer


class OrjsonRenderer(BaseRenderer):
    """The only renderer: no browsable pages."""

    media_type = "application/json"
    format = "json"
    charset = None
    render_style = "binary"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """The answer's bytes; none for an empty answer."""
        if data is None:
            return b""
        try:
            return orjson.dumps(data, option=orjson.OPT_UTC_Z)
        except orjson.JSONEncodeError:
            # A stored payload may hold whole numbers beyond 64 bits, which orjson refuses.
            return to_json(data)

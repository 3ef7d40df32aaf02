"""Answers that are files."""

from collections.abc import Iterator

from django.http import StreamingHttpResponse


def as_download(parts: Iterator[bytes], *, name: str, content_type: str) -> StreamingHttpResponse:
    """A file of that name, sent while it is made; no cache keeps it."""
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingHttpResponse(
        parts, content_type=f"{content_type}; charset=utf-8", headers=headers
    )

"""Which files are generated, and by what."""

from collections.abc import Callable

from docs.generator import commands, env_example, lifecycle, settings, task_options

#: Path from the project's root -> its content.
FILES: dict[str, Callable[[], str]] = {
    ".env.example": env_example.content,
    "docs/lifecycle.md": lifecycle.content,
    "docs/reference/commands.md": commands.content,
    "docs/reference/settings.md": settings.content,
    "docs/reference/task-options.md": task_options.content,
}

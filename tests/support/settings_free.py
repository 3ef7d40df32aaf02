"""A module of task types that no settings stand behind."""

from jobs import task


@task
def later(x: int) -> int:
    return x

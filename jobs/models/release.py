"""Which releases of the code have run tasks."""

from django.db import models
from django.utils import timezone


class Release(models.Model):
    """A release, written by the first worker that starts with it."""

    name = models.CharField(max_length=64, primary_key=True)
    first_seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()  # whoever sees counts sees since when which code made them
        ordering = ("first_seen_at",)

    def __str__(self) -> str:
        return self.name

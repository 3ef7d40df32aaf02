"""Keys to the API for programs."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone

from jobs.domain.tokens import PREFIX_CHARACTERS

NAME_LENGTH = 100


class ApiToken(models.Model):
    """Lets a program act as its user. The token itself is not kept, only its digest."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens", verbose_name="user"
    )
    name = models.CharField(max_length=NAME_LENGTH, help_text="What it is for, as in “nightly”.")
    prefix = models.CharField(max_length=PREFIX_CHARACTERS, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    read_only = models.BooleanField(
        default=False, help_text="It may see what its user may see, and do nothing."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="To the minute."
    )

    class Meta:
        ordering = ("-pk",)
        verbose_name = "API token"
        default_permissions = ()  # `manage_tokens` of Task covers one's own; superusers see all

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    def is_expired(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= now

"""What the audit may be narrowed to, as its page asks for it."""

from typing import Any

from django import forms
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext_lazy as _

from jobs.domain.audit import SUBJECTS, Door, Verb
from jobs.selectors.audit import AuditFilter


def _choice(label: Any, words: Any) -> forms.ChoiceField:
    choices = [("", _("All")), *((word, word) for word in words)]
    return forms.ChoiceField(label=label, choices=choices, required=False)


def _moment(label: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, required=False, widget=widget)


class AuditForm(forms.Form):
    """Nothing of it is wanted."""

    subject_id = forms.CharField(
        label=_("Id or name of what it was done to"), max_length=200, required=False
    )
    actor = forms.CharField(label=_("By"), max_length=150, required=False)
    verb = _choice(_("Deed"), [verb.value for verb in Verb])
    subject = _choice(_("To what"), SUBJECTS)
    door = _choice(_("Door"), [door.value for door in Door])
    since = _moment(_("Since"))
    until = _moment(_("Before"))

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        zone = get_current_timezone_name()
        for name in ("since", "until"):
            self.fields[name].label = f"{self.fields[name].label} ({zone})"

    def wanted(self) -> AuditFilter | None:
        """What the selector takes; None where something cannot be understood."""
        if not self.is_valid():
            return None
        return AuditFilter(**self.cleaned_data)

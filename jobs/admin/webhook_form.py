"""What a webhook wants, as a form asks for it."""

from typing import Any

from django import forms

from jobs.domain.registry import registry
from jobs.domain.states import ENDED
from jobs.domain.webhooks import RUNNER, TOLD
from jobs.exceptions import InvalidOption, UnknownTaskType
from jobs.models import Webhook
from jobs.services.webhooks import Terms, check_terms


class WebhookForm(forms.ModelForm[Webhook]):
    """The rules are those of the service, which is asked before anything is saved."""

    states = forms.MultipleChoiceField(
        choices=[(state.value, state.value) for state in sorted(TOLD)],
        initial=sorted(ENDED),
        widget=forms.CheckboxSelectMultiple,
        help_text="RETRY: an attempt failed, and there will be another.",
    )
    task_types = forms.MultipleChoiceField(required=False, help_text="None: every type.")
    tags = forms.CharField(
        required=False, help_text="Separated by commas: tasks with any of them. Empty: any tasks."
    )

    class Meta:
        model = Webhook
        fields = ("url", "description", "states", "task_types", "tags", "with_payload")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        names = {name for name in registry.names() if name != RUNNER} | {*self.instance.task_types}
        self.fields["task_types"].choices = [(name, name) for name in sorted(names)]  # type: ignore[attr-defined]
        self.initial["tags"] = ", ".join(self.instance.tags)
        if self.instance._state.adding:  # noqa: SLF001 - Django's public way
            self.initial.pop("states", None)

    def clean(self) -> dict[str, Any]:
        """The service's refusals stand beside the fields that they name."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                check_terms(self.terms())
            except InvalidOption as error:
                self.add_error(str(error.context["field"]), str(error))
            except UnknownTaskType as error:
                self.add_error("task_types", str(error))
        return cleaned

    def terms(self) -> Terms:
        """What was asked for, as the service takes it."""
        asked = self.cleaned_data
        tags = [tag.strip() for tag in asked["tags"].split(",") if tag.strip()]
        return {
            "url": asked["url"],
            "description": asked["description"],
            "states": asked["states"],
            "task_types": asked["task_types"],
            "tags": tags,
            "with_payload": asked["with_payload"],
        }

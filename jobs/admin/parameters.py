"""What operators fill in for a verb: a moment, a queue, arguments as JSON."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jobs.broker.connection import queue_names
from jobs.domain.operations import Parameters
from jobs.domain.redaction import REPLACEMENT

#: Characters of arguments as a form takes them.
MOST_CHARACTERS = 1_000_000


class MomentForm(forms.Form):
    """When tasks may run: at a moment in the site's zone, or at once."""

    when = forms.ChoiceField(
        label=gettext_lazy("When"),
        choices=[("now", gettext_lazy("At once")), ("later", gettext_lazy("At a moment"))],
        initial="now",
    )
    run_after = forms.DateTimeField(
        label=gettext_lazy("Moment"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = timezone.get_current_timezone_name()
        self.fields["run_after"].help_text = _("In the zone %(zone)s") % {"zone": zone}

    def clean(self) -> dict[str, Any]:
        """A moment is needed where one is meant, and it is one to come."""
        cleaned: dict[str, Any] = super().clean() or {}
        at = cleaned.get("run_after")
        if cleaned.get("when") == "later" and not self.errors:
            if at is None:
                self.add_error("run_after", _("Give a date and a time."))
            elif at <= timezone.now():
                self.add_error("run_after", _("Give a moment that is still to come."))
        return cleaned

    def parameters(self) -> Parameters:
        """What the verb is to be done with."""
        later: datetime | None = self.cleaned_data["run_after"]
        at_once = self.cleaned_data["when"] == "now" or later is None
        return Parameters(run_after=timezone.now() if at_once else later)


class QueueForm(forms.Form):
    """Where tasks wait."""

    queue = forms.ChoiceField(label=gettext_lazy("Queue"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = forms.ChoiceField(choices=[(name, name) for name in queue_names()])
        self.fields["queue"].choices = choices.choices  # type: ignore[attr-defined]

    def parameters(self) -> Parameters:
        """What the verb is to be done with."""
        return Parameters(queue=self.cleaned_data["queue"])


class ArgumentsForm(forms.Form):
    """Arguments as a JSON object, in place of each task's own of these names."""

    kwargs = forms.JSONField(
        label=gettext_lazy("Arguments to replace, as a JSON object"),
        help_text=gettext_lazy(
            "Each of these takes the place of the task's own argument; the others stay. A task "
            "whose type does not take them so is left alone."
        ),
        initial=dict,
        required=False,
        max_length=MOST_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 10, "spellcheck": "false", "class": "jobs-json"}),
    )

    def clean_kwargs(self) -> dict[str, Any]:
        """An object; nothing means none."""
        given = self.cleaned_data["kwargs"]
        if given is None:
            return {}
        if not isinstance(given, dict):
            raise forms.ValidationError(_('Must be an object, as in {"name": "value"}.'))
        return given

    def parameters(self) -> Parameters:
        """What the verb is to be done with."""
        return Parameters(kwargs=self.cleaned_data["kwargs"])


class EditForm(ArgumentsForm):
    """The arguments of one task, as they are shown; they are replaced as a whole."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kwargs"].label = _("Arguments, as a JSON object")
        self.fields["kwargs"].help_text = _("What is shown as %(hidden)s stays as it was.") % {
            "hidden": REPLACEMENT
        }


class NothingForm(forms.Form):
    """For verbs that need no more than the tasks."""

    def parameters(self) -> Parameters:
        """None."""
        return Parameters()


ParameterForm = MomentForm | QueueForm | ArgumentsForm | NothingForm
_FORMS: dict[str, type[ParameterForm]] = {
    "run_after": MomentForm,
    "queue": QueueForm,
    "kwargs": ArgumentsForm,
    "": NothingForm,
}


def form_for(asks: str, data: Any = None, **options: Any) -> ParameterForm:
    """The form of a verb that asks for such a field."""
    return _FORMS[asks](data, **options)

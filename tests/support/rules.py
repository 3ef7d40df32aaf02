"""What a rule about a page says."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME

from tests.support.scene import Scene

#: Instead of a permission: nobody at all; all members of staff; there is no such method; whatever
#: is answered to whom, it changes nothing.
NOBODY, STAFF, NO_METHOD, HARMLESS = "nobody", "staff", "no method", "harmless"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing at an address. `see` is what a GET asks for, `do` what a POST does.

    `at` gives the parts of the address, and `form` what is posted, each by a name of the scene or
    as it stands; `kept` are the verbs that the audit tells then, empty where nothing is changed.
    """

    see: str = NO_METHOD
    do: str = HARMLESS
    at: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    kept: str = ""
    own_login: bool = False
    changes_no_row: bool = False
    """It changes no row."""

    def posted(self, scene: Scene, role: str) -> dict[str, str]:
        """The form, as somebody in this role fills it in."""
        return {name: scene.value(value, role) for name, value in self.form.items()}


def chosen(action: str, row: str, **more: str) -> dict[str, str]:
    """The form of an action on one ticked row."""
    return {"action": action, ACTION_CHECKBOX_NAME: row, **more}

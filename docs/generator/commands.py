"""`docs/reference/commands.md`: `make`, the management commands and their flags."""

import argparse

from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

import bootstrap
from docs.generator.markdown import code, page, table
from docs.generator.source import first_line
from taskqueue_site import probe
from taskqueue_site.up import prepare

OURS = {"jobs", "taskqueue_site"}

ABOUT_MAKE = """\
Each works on a machine with nothing but Python 3.11 or newer. `make NAME` and
`python3 bootstrap.py NAME` are the same; further words go into `ARGS`:
`make test ARGS="-k api"`."""

ABOUT_COMMANDS = """\
`python manage.py COMMAND`, beside Django's own. Django's common flags (`--settings`, `--verbosity`
and so on) are left out."""


def content() -> str:
    """The page."""
    names = sorted(name for name, app in get_commands().items() if app in OURS)
    makes = [[code(f"make {name}"), text] for name, (text, _) in bootstrap.COMMANDS.items()]
    parts = ["## make", ABOUT_MAKE, table(["command", "does"], makes)]
    parts += ["## manage.py", ABOUT_COMMANDS]
    for name in names:
        parts += _command(name)
    parts += ["## Programs", "\n".join(f"- {first_line(module)}" for module in (probe, prepare))]
    return page("Commands", *parts)


def _command(name: str) -> list[str]:
    command = load_command_class(get_commands()[name], name)
    common = {action.dest for action in _actions(BaseCommand(), name)}
    return _described(name, command.help, _actions(command, name), common)


def _described(
    title: str, about: str, actions: list[argparse.Action], common: set[str]
) -> list[str]:
    """What a command takes beside what every command takes, then the same of each of its verbs."""
    # The words of `--help` differ from one Python to the next; argparse's own lists do not.
    kinds = [one for one in actions if isinstance(one, argparse._SubParsersAction)]  # noqa: SLF001
    own = [one for one in actions if one not in kinds and one.dest not in common]
    rows = [[code(_spelled(action)), _default(action), action.help or ""] for action in own]
    parts = [f"### {title}", about]
    if rows:
        parts.append(table(["argument", "default", "means"], rows))
    elif not kinds:
        parts.append("It takes no arguments.")
    for kind in kinds:
        for verb in kind._choices_actions:  # noqa: SLF001
            taken = kind.choices[verb.dest]._actions  # noqa: SLF001
            says = verb.help or ""
            about_verb = f"{says[:1].upper()}{says[1:]}."
            parts += _described(f"{title} {verb.dest}", about_verb, taken, common)
    return parts


def _actions(command: BaseCommand, name: str) -> list[argparse.Action]:
    return command.create_parser("manage.py", name)._actions  # noqa: SLF001


def _spelled(action: argparse.Action) -> str:
    if not action.option_strings:
        return f"{action.dest} …" if action.nargs == "*" else action.dest
    value = "" if action.nargs == 0 else f" {(action.metavar or action.dest.upper())}"
    return ", ".join(action.option_strings) + value


def _default(action: argparse.Action) -> str:
    return "" if action.default in (None, False, []) else code(action.default)

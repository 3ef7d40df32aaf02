"""The verbs of `manage.py tasks`: what each takes, and what it prints."""

import json
import os
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

from django.core.management.base import CommandError, OutputWrapper
from django.db import DatabaseError

from jobs.client import ClientError
from jobs.domain.states import State
from jobs.exceptions import TaskQueueError
from jobs.management.task_doors import Door, Here, There
from jobs.management.task_words import cancelled, listed, queued, reasons, shown, step

if TYPE_CHECKING:
    from argparse import _SubParsersAction

#: The environment's name for the token; on the command line every user of the machine could see it.
TOKEN_VARIABLE = "TASKQUEUE_TOKEN"  # noqa: S105 - a name
MOST_LISTED = 500
WRONGLY_CALLED = 2
#: As shells say that Ctrl-C ended a command.
INTERRUPTED = 130

RERUN_OPTIONS = (
    "queue",
    "max_retries",
    "timeout_seconds",
    "delay_seconds",
    "tags",
    "depends_on",
)
SUBMIT_OPTIONS = (*RERUN_OPTIONS, "unique_key")

Verb = Callable[[Door, Mapping[str, Any], OutputWrapper], None]


def add_task_commands(verbs: "_SubParsersAction[Any]") -> None:
    """Add the verbs; each sets the option `run`, a function of the options and of the stream."""
    submit = _verb(verbs, "submit", _submit, "submit a task")
    submit.add_argument("task_type", help="which task type to run")
    submit.add_argument(
        "payload",
        nargs="?",
        default="{}",
        type=_payload,
        help="the arguments as a JSON object; -: stdin",
    )
    _options(submit, otherwise="the type's own")
    submit.add_argument("--unique-key", help="no second open task of the type with this key")

    listing = _verb(verbs, "list", _list, "list tasks, the newest first")
    listing.add_argument(
        "--status",
        action="append",
        choices=[state.value for state in State],
        help="may be repeated",
    )
    listing.add_argument("--queue", help="only of this queue")
    listing.add_argument("--task-type", help="only of this type")
    listing.add_argument("--worker", help="only in this worker's hands, or last there")
    listing.add_argument("--tag", help="only with this tag")
    listing.add_argument("--limit", type=_limit, default=20, help="how many at most, up to 500")

    _of_task(_verb(verbs, "show", _show, "show a task with its attempts"))
    for name, run, text in (
        ("cancel", _cancel, "revoke a waiting task, stop a running one"),
        ("requeue", _requeue, "run an ended task again"),
    ):
        verb = _of_task(_verb(verbs, name, run, text))
        verb.add_argument("--reason", default="", help="kept in the task's history")
    rerun = _of_task(_verb(verbs, "rerun", _rerun, "run a task once more, as a new one"))
    rerun.add_argument(
        "payload",
        nargs="?",
        type=_payload,
        help="other arguments, all of them, as a JSON object; -: stdin",
    )
    _options(rerun, otherwise="the old task's")
    rerun.add_argument("--reason", default="", help="kept in the history of both tasks")
    _of_task(_verb(verbs, "watch", _watch, "follow a task until it has ended"))
    _of_task(_verb(verbs, "explain", _explain, "say why a task is not running"))


def _verb(verbs: "_SubParsersAction[Any]", name: str, run: Verb, text: str) -> ArgumentParser:
    parser: ArgumentParser = verbs.add_parser(
        name, help=text, description=f"{text[0].upper()}{text[1:]}."
    )
    parser.add_argument("--json", action="store_true", help="print for programs")
    parser.add_argument(
        "--url", help=f"work at the site of this address, with the token in ${TOKEN_VARIABLE}"
    )
    parser.set_defaults(run=partial(_run, run))
    return parser


def _options(parser: ArgumentParser, *, otherwise: str) -> None:
    parser.add_argument("--queue", help=f"high, default or low; else {otherwise}")
    parser.add_argument("--max-retries", type=int, help="retries after the first attempt")
    parser.add_argument("--timeout-seconds", type=float, help="how long one attempt may run")
    parser.add_argument("--delay-seconds", type=float, help="run it that much later")
    parser.add_argument("--tag", action="append", dest="tags", help="may be repeated")
    parser.add_argument(
        "--depends-on",
        action="append",
        metavar="TASK_ID",
        help="only after its success; repeatable",
    )


def _of_task(parser: ArgumentParser) -> ArgumentParser:
    parser.add_argument("task_id", help="the task's id")
    return parser


def _run(verb: Verb, options: Mapping[str, Any], out: OutputWrapper) -> None:
    try:
        with closing(_door(options["url"])) as door:
            verb(door, options, out)
    except (TaskQueueError, ClientError) as error:
        raise CommandError(str(error)) from error
    except DatabaseError as error:
        raise CommandError(f"The database does not answer: {error}") from error


def _door(url: str | None) -> Door:
    if url is None:
        return Here()
    try:
        return There(url, token=os.environ.get(TOKEN_VARIABLE) or None)
    except ValueError as error:
        raise CommandError(
            f"--url or {TOKEN_VARIABLE}: {error}", returncode=WRONGLY_CALLED
        ) from error


def _submit(door: Door, options: Mapping[str, Any], out: OutputWrapper) -> None:
    given = {name: options[name] for name in SUBMIT_OPTIONS if options[name] is not None}
    _print(door.submit(options["task_type"], options["payload"], given), queued, options, out)


def _list(door: Door, options: Mapping[str, Any], out: OutputWrapper) -> None:
    names = ("queue", "task_type", "worker", "tag")
    given = {name: options[name] for name in names if options[name]}
    found = door.list(frozenset(options["status"] or ()), given, limit=options["limit"])
    _print(found, listed, options, out)


def _show(door: Door, options: Mapping[str, Any], out: OutputWrapper) -> None:
    _print(door.show(options["task_id"]), shown, options, out)


def _cancel(door: Door, options: Mapping[str, Any], out: OutputWrapper) -> None:
    done = door.cancel(options["task_id"], reason=options["reason"])
    _print(done, cancelled, options, out)


def _requeue(door: Door, options: Mapping[str, Any], out: OutputWrapper) -> None:
    done = door.requeue(options["task_id"], reason=options["reason"])
    _print(done, queued, options, out)


def _rerun(door: Door, options: Mapping[str, Any], out: OutputWrapper) -> None:
    given = {name: options[name] for name in RERUN_OPTIONS if options[name] is not None}
    done = door.rerun(options["task_id"], options["payload"], given, reason=options["reason"])
    _print(done, queued, options, out)


def _explain(door: Door, options: Mapping[str, Any], out: OutputWrapper) -> None:
    _print(door.explain(options["task_id"]), reasons, options, out)


def _watch(door: Door, options: Mapping[str, Any], out: OutputWrapper) -> None:
    rewrites = out.isatty() and not options["json"]
    facts: Mapping[str, Any] = {}
    try:
        for facts in door.follow(options["task_id"]):
            line = json.dumps(facts) if options["json"] else step(facts)
            out.write(f"\r\x1b[K{line}" if rewrites else line, ending="" if rewrites else "\n")
            out.flush()
    except KeyboardInterrupt:
        raise CommandError("No longer watched; the task goes on.", returncode=INTERRUPTED) from None
    finally:
        if rewrites:
            out.write("")
    if facts["status"] != State.SUCCESS:
        raise CommandError(f"Task {facts['task_id']} ended as {facts['status']}.")


def _print(
    result: Any, words: Callable[[Any], str], options: Mapping[str, Any], out: OutputWrapper
) -> None:
    out.write(json.dumps(result, indent=2) if options["json"] else words(result))


def _payload(given: str) -> dict[str, Any]:
    text = sys.stdin.read() if given == "-" else given
    try:
        payload = json.loads(text)
    except ValueError as error:
        raise ArgumentTypeError(f"is not JSON: {error}") from None
    if not isinstance(payload, dict):
        raise ArgumentTypeError("must be a JSON object, like '{\"x\": 2}'")
    return payload


def _limit(given: str) -> int:
    if given.isdigit() and 1 <= int(given) <= MOST_LISTED:
        return int(given)
    raise ArgumentTypeError(f"{given!r} must be a whole number from 1 to {MOST_LISTED}")

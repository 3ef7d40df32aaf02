"""The search language, without a database."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.domain.query import (
    FIELDS,
    Argument,
    Created,
    Ids,
    Lasting,
    Named,
    Not,
    Search,
    States,
    parse,
)
from jobs.domain.states import ALL, WAITING, State
from jobs.exceptions import InvalidSearch

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
QUEUES = ("high", "default", "low")
ID = UUID("01a1fc64-9d27-757e-a851-92311103ea4a")
FIRST, LAST = UUID(int=0x01A1FC64 << 96), UUID(int=(0x01A1FC65 << 96) - 1)


def read(text: str) -> Search:
    return parse(text, now=NOW, queues=QUEUES, hides=lambda key: key == "pin")


def day(number: int) -> datetime:
    return datetime(2026, 1, number, tzinfo=UTC)


MEANINGS = {
    # ids and words
    str(ID): Ids(((ID, ID),)),
    ID.hex.upper(): Ids(((ID, ID),)),
    f"task-{ID}": Ids(((ID, ID),)),
    "01a1fc64": Ids(((FIRST, LAST),)),
    f"id:{ID},01a1fc64": Ids(((ID, ID), (FIRST, LAST))),
    f"-{ID}": Not(Ids(((ID, ID),))),
    "invoice": Named("task", ("invoice",)),
    "send,mail": Named("task", ("send", "mail")),
    "-invoice": Not(Named("task", ("invoice",))),
    f"{ID},invoice": Named("task", (str(ID), "invoice")),
    "cafe": Named("task", ("cafe",)),
    "task:invoice": Named("task", ("invoice",)),
    'task:"a b"': Named("task", ("a b",)),
    # states
    "state:failed": States(frozenset({State.FAILURE})),
    "state:FAILURE": States(frozenset({State.FAILURE})),
    "state:Failed": States(frozenset({State.FAILURE})),
    "state:pending": States(WAITING),
    "state:PENDING": States(frozenset({State.PENDING})),
    "state:retry,started": States(frozenset({State.RETRY, State.STARTED})),
    "-state:success": States(ALL - {State.SUCCESS}),
    # names
    "queue:low,high": Named("queue", ("low", "high")),
    "-queue:low": Not(Named("queue", ("low",))),
    "worker:host.4711": Named("worker", ("host.4711",)),
    "tag:nightly": Named("tag", ("nightly",)),
    "failure:3f2a9c0d1e4b5a67": Named("failure", ("3f2a9c0d1e4b5a67",)),
    "error:Timeout": Named("error", ("Timeout",)),
    'error:"no route, really"': Named("error", ("no route, really",)),
    r'error:"a \"b\" \\ c"': Named("error", (r'a "b" \ c',)),
    "error:http://x/?a=b": Named("error", ("http://x/?a=b",)),
    # arguments
    "arg.order_id:123": Argument(("order_id",), ("123",)),
    "arg.a.b:x,y": Argument(("a", "b"), ("x", "y")),
    "-arg.a:x": Not(Argument(("a",), ("x",))),
    'arg.größe:"5 m"': Argument(("größe",), ("5 m",)),
    # lengths of time
    "age>10m": Created(None, NOW - timedelta(minutes=10)),
    "age>=10m": Created(None, NOW - timedelta(minutes=10)),
    "age<1.5h": Created(NOW - timedelta(hours=1.5), None),
    "-age>10m": Created(NOW - timedelta(minutes=10), None),
    "wait>30s": Lasting("wait", ">", 30),
    "run>=250ms": Lasting("run", ">=", 0.25),
    "-run>2d": Lasting("run", "<=", 2 * 86_400),
    "run<1w": Lasting("run", "<", 7 * 86_400),
    # days and moments
    "created:2026-01-02": Created(day(2), day(3)),
    "created>2026-01-02": Created(day(3), None),
    "created>=2026-01-02": Created(day(2), None),
    "created<2026-01-02": Created(None, day(2)),
    "created<=2026-01-02": Created(None, day(3)),
    "-created>2026-01-02": Created(None, day(3)),
    "-created:2026-01-02": Not(Created(day(2), day(3))),
    "created>=2026-01-02T01:00+01:00": Created(day(2), None),
    "created<2026-01-02T00:00": Created(None, day(2)),
    "created:2026-01-02T00:00:00.0009Z": Created(day(2), day(2) + timedelta(milliseconds=1)),
}


@pytest.mark.parametrize(("text", "meaning"), MEANINGS.items(), ids=MEANINGS)
def test_a_condition_means_what_it_says(text, meaning):
    assert read(text).conditions == (meaning,)


def test_conditions_stand_together_in_their_order_whatever_the_space_between():
    assert read('  state:failed \t task:"a b"\n -low ').conditions == (
        States(frozenset({State.FAILURE})),
        Named("task", ("a b",)),
        Not(Named("task", ("low",))),
    )


@pytest.mark.parametrize("text", ["", "   "])
def test_nothing_asks_for_nothing(text):
    assert read(text) == Search()


@pytest.mark.parametrize(
    ("text", "position"),
    [("state:failed", None), ("task:x -arg.a:1", 8), ("error:x arg.a:1", 1)],
)
def test_it_tells_where_it_looks_into_payloads(text, position):
    assert read(text).payload_at == position


WRONG = {
    # given: (position from 1, what the message tells: what was given, and what is allowed)
    "stat:failed": (1, ["'stat'", *FIELDS]),
    "low -colour:red": (6, ["'colour'"]),
    "state:broken": (7, ["'broken'", "FAILURE", "failed"]),
    "state:failed,broken": (14, ["'broken'"]),
    "queue:lowest": (7, ["'lowest'", "high, default, low"]),
    "id:123": (4, ["'123'", "8 digits"]),
    "failure:3f2a": (9, ["'3f2a'", "16 hexadecimal digits"]),
    "age:10m": (4, ["age>10m", "':'"]),
    "age=10m": (4, ["age>10m", "'='"]),
    "state=failed": (6, ["state:failed", "'='"]),
    "state>failed": (6, ["state:failed", "'>'"]),
    "arg.a>5": (6, ["arg.order_id:123", "'>'"]),
    "age>10": (5, ["'10'", "10m"]),
    "age>ten": (5, ["'ten'", "10m"]),
    "age>999999999w": (5, ["'999999999w'", "100 years"]),
    "age>1m,2m": (8, ["age takes one value, not 2"]),
    "created>yesterday": (9, ["'yesterday'", "2026-01-31"]),
    "created>2026-02-30": (9, ["'2026-02-30'", "2026-01-31"]),
    "created>9999-12-31": (9, ["'9999-12-31'"]),
    "created:2026-01-01,2026-01-02": (20, ["created takes one value"]),
    "arg.:5": (1, ["'arg.'", "arg.order_id"]),
    "arg.a..b:5": (1, ["'arg.a..b'", "arg.order_id"]),
    "arg.a\\b:5": (1, ["arg.order_id"]),
    f"arg{'.a' * 11}:5": (1, ["at most 10 keys"]),
    "arg.pin:1": (1, ["'arg.pin'", "secret"]),
    "x -arg.card.pin.digits:1": (4, ["secret"]),
    "state:": (7, ["a value is missing"]),
    "state:failed,": (14, ["a value is missing"]),
    "task:a,,b": (8, ["a value is missing"]),
    "-": (2, ["a value is missing"]),
    ",": (1, ["a value is missing"]),
    'task:""': (6, ["must not be empty"]),
    'task:"  "': (6, ["must not be empty"]),
    'error:"no end': (7, ["not closed"]),
    'error:"a"b': (10, ["a space or a comma"]),
    'error:a"b"': (8, ["a space or a comma"]),
    "a\0b": (2, ["NUL"]),
    "x" * 1001: (1001, ["1,000", "1,001"]),
    "x " * 21: (41, ["20 conditions"]),
    ",".join("x" * 51): (101, ["50 values"]),
    "y" * 60 + ":1": (1, ["'" + "y" * 40 + "…'"]),
}


@pytest.mark.parametrize("text", WRONG, ids=[text[:30] for text in WRONG])
def test_what_is_wrong_is_told_with_its_place_what_was_given_and_what_is_allowed(text):
    position, words = WRONG[text]

    with pytest.raises(InvalidSearch) as refusal:
        read(text)

    assert refusal.value.context["position"] == position
    assert [word for word in words if word not in str(refusal.value)] == []


@pytest.mark.parametrize("example", FIELDS.values())
def test_every_example_that_an_error_shows_can_be_searched(example):
    assert len(read(example).conditions) == 1


PIECES = st.sampled_from(
    [
        *FIELDS,
        *FIELDS.values(),
        "-",
        ":",
        ">",
        "<=",
        ",",
        '"',
        "\\",
        " ",
        "\n",
        "5",
        "ß",
        "x.y",
        ".",
    ]
)


@given(st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=40))
def test_any_text_is_read_or_refused_with_a_place_inside_it(text):
    try:
        search = read(text)
    except InvalidSearch as refusal:
        position = refusal.context["position"]
        assert isinstance(position, int)
        assert 1 <= position <= len(text) + 1
    else:
        assert bool(search.conditions) == bool(text.strip())


@given(st.text(min_size=1, max_size=30).filter(lambda text: text.strip() and "\0" not in text))
def test_quotes_hold_any_text_together(text):
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')

    assert read(f'error:"{escaped}"').conditions == (Named("error", (text,)),)

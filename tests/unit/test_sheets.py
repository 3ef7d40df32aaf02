"""Rows as files: what every spreadsheet and program reads back, and none runs."""

import csv
import io
import json

import pytest

from jobs.selectors.sheets import BLOCK, as_csv, as_json, cell


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\r=1", "\n=1"])
def test_no_cell_begins_like_a_formula(text):
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (-1, "-1"),
        (0.5, "0.5"),
        (True, "true"),
        ({"a": [1]}, '{"a":[1]}'),
        ("plain", "plain"),
        ("a\0b", "a\\0b"),
    ],
)
def test_a_value_is_a_cell(value, shown):
    assert cell(value) == shown


def test_what_is_written_is_read_back_whatever_it_holds():
    lines = [["name", "text"], ["é😀\u202e", 'say "hi",\r\nthen go'], ["", ";"]]

    text = b"".join(as_csv(lines)).decode()

    assert list(csv.reader(io.StringIO(text, newline=""))) == lines


@pytest.mark.parametrize("count", [0, 1, 2, BLOCK, BLOCK + 1])
def test_a_list_is_json_however_many_rows_it_has(count):
    rows = [{"number": number, "text": "=1"} for number in range(count)]

    assert json.loads(b"".join(as_json(iter(rows)))) == rows


def test_rows_are_sent_while_others_are_still_to_be_read():
    read = []

    def rows():
        for number in range(10 * BLOCK):
            read.append(number)
            yield [number]

    next(as_csv(rows()))

    assert len(read) == BLOCK

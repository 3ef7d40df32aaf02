"""JSON values as nested lists."""

import html
import re

from jobs.admin.json_tree import MOST_CHARACTERS, MOST_LEVELS, MOST_NODES, Tree


def words_of(tree: Tree) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", tree.html))


def test_every_value_stands_under_its_key():
    tree = Tree({"order": {"id": 7, "paid": True, "note": None}, "lines": ["a", 2.5], "none": []})
    words = words_of(tree)
    for text in ("order", "{ 3 fields }", "id", "7", "true", "null", "[ 2 items ]", '"a"', "[]"):
        assert text in words
    assert not tree.is_cut


def test_what_would_garble_a_page_is_spelled_out_once():
    words = words_of(Tree({"<b>\u202e": "</li>\u202e\u0000"}))
    assert r"<b>\u202e" in words
    assert r'"</li>\u202e\u0000"' in words
    assert "<b>" not in Tree({"<b>": "<b>"}).html


def test_a_hundred_levels_end_at_the_last_that_is_shown():
    deep: object = "the bottom"
    for _ in range(100):
        deep = [deep]
    tree = Tree(deep)
    assert tree.is_cut
    assert tree.html.count("<details") == MOST_LEVELS
    assert "the bottom" not in tree.html


def test_a_megabyte_is_shown_in_part():
    for large in (["x" * 50] * 20_000, {"key" * 400: "x" * 1_000_000}, {"a": [[1] * 99] * 99}):
        tree = Tree(large)
        assert tree.is_cut
        assert tree.html.count("<li>") <= 2 * MOST_NODES
        assert len(tree.html) < 100_000


def test_what_is_left_out_is_counted():
    assert "… 150 more" in words_of(Tree(list(range(250))))
    assert f'"{"x" * MOST_CHARACTERS}…"' in words_of(Tree("x" * 1000))

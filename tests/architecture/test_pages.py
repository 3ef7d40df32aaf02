"""What the documentation points to is there."""

import ast
import importlib.util
import re
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import get_commands

from tests.support.pages import PAGES, ROOT

_LINK = re.compile(r"!?\[[^]]*]\(([^)\s]+)\)|^\[[^]]+]: (\S+)", re.MULTILINE)
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def text_of(page: str) -> str:
    return (ROOT / page).read_text()


def links(page: str) -> list[str]:
    """Where a page leads inside the repository."""
    found = ["".join(parts) for parts in _LINK.findall(_FENCED.sub("", text_of(page)))]
    return [link for link in found if "://" not in link and not link.startswith("mailto:")]


def anchors(path: Path) -> set[str]:
    """What a link may name on a page: its headings, as GitHub spells them."""
    seen: Counter[str] = Counter()
    found = set()
    for heading in re.findall(r"^#+ (.+)$", _FENCED.sub("", path.read_text()), re.MULTILINE):
        anchor = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        found.add(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
        seen[anchor] += 1
    return found


def leads_nowhere(page: str, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = (ROOT / page).parent / name if name else ROOT / page
    if not target.exists() or ROOT not in target.resolve().parents:
        return True
    return bool(anchor) and (target.suffix != ".md" or anchor not in anchors(target))


def sources() -> str:
    """Every text in the product's code, pieces joined as Python joins them."""
    places = [path for app in ("jobs", "taskqueue_site") for path in (ROOT / app).rglob("*.py")]
    return "\n".join(_literals(path) for path in places)


def _literals(path: Path) -> str:
    return "\n".join(
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    assert [link for link in links(page) if leads_nowhere(page, link)] == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, ahead = set[str](), {"README.md"}
    while ahead:
        reached |= ahead
        targets = {
            (ROOT / page).parent / link.partition("#")[0] for page in ahead for link in links(page)
        }
        named = {path.resolve().relative_to(ROOT).as_posix() for path in targets}
        ahead = (named & set(PAGES)) - reached
    decisions = {page for page in PAGES if page.startswith("docs/adr/")}
    assert set(PAGES) - reached - decisions == set()


@pytest.mark.parametrize("page", PAGES)
def test_commands_that_are_named_exist(page: str) -> None:
    text = text_of(page)
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)", text, re.MULTILINE)) <= targets
    assert set(re.findall(r"manage\.py ([a-z][\w-]*)", text)) <= get_commands().keys()
    modules = set(re.findall(r"python -m ([\w.]+)", text)) - {"venv"}
    assert [module for module in modules if importlib.util.find_spec(module) is None] == []


def test_lines_of_the_log_and_messages_are_those_of_the_code() -> None:
    # given what the page has in code at the beginning of a row, where `…` stands for anything
    _, _, rest = text_of("docs/troubleshooting.md").partition("## What the logs say")
    lines = re.findall(r"^\| `([^`]+)` \|", rest, re.MULTILINE)
    assert len(lines) > 12

    # then each of its pieces is a piece of a text in the code
    code = sources()
    pieces = {piece.strip() for line in lines for piece in re.split("…|: ", line)}
    assert sorted(piece for piece in pieces if piece not in code) == []


def test_the_checks_of_the_doctor_are_told() -> None:
    folder = ROOT / "jobs" / "selectors"
    source = "".join((folder / name).read_text() for name in ("health.py", "standing.py"))
    checks = set(re.findall(r'Finding\(\s*"([a-z ]+)"', source))
    told, _, _ = text_of("docs/troubleshooting.md").partition("Then ask the task")
    assert set(re.findall(r"^\| `([a-z ]+)` \|", told, re.MULTILINE)) == checks


def test_the_codes_of_explain_are_told() -> None:
    source = (ROOT / "jobs" / "selectors" / "explain.py").read_text()
    codes = set(re.findall(r'Reason\(\s*"(\w+)"', source))
    _, _, rest = text_of("docs/api.md").partition("## Why is it not running?")
    table, _, _ = rest.partition("\n## ")
    rows = re.findall(r"^\| (`.+?) \|", table, re.MULTILINE)
    assert {code for row in rows for code in re.findall(r"`(\w+)`", row)} == codes

"""`make bench`: every measure runs, and its table and its JSON are what the documentation says."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.figures import Figure, Reading
from benchmarks.measures import MEASURES
from benchmarks.peers.catalogue import OWN_PYTHON, PEERS, ours
from benchmarks.peers.comparison import a_ground, missing, rows
from benchmarks.peers.running import Rates, run
from benchmarks.rows import line, markdown, row
from tests.support import chromium
from tests.support.postgresql import why_not

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = (ROOT / "docs" / "benchmarks.md").read_text()
FIGURES = [figure.name for measure in MEASURES.values() for figure in measure.figures]
#: Without those that need a browser, where there is none.
POSSIBLE = [
    figure.name
    for measure in MEASURES.values()
    for figure in measure.figures
    if not (measure.needs_browser and chromium.why_not())
]


def benchmarks(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=880,
    )


@pytest.mark.acceptance
@pytest.mark.one_database
@pytest.mark.timeout(900)
def test_every_measure_gives_a_figure_and_its_limits(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    # when everything is taken once, with few tasks
    database = request.config.getoption("--database")
    file = tmp_path / "bench.json"
    done = benchmarks("--rehearse", "--database", database, "--json", str(file))
    assert done.returncode == 0, done.stderr

    # then the file has each figure, with a value and limits above zero
    found = json.loads(file.read_text())
    assert [each["name"] for each in found] == POSSIBLE
    for each in found:
        assert each["database"] == database
        assert each["limit"] > 0
        assert each["value"] > 0 or each["name"] == "enqueue-million-memory"  # few fit in what is

    # and the terminal tells the machine first, then each of them
    printed = done.stdout.splitlines()
    assert "cores, Python" in printed[0]
    names = [words.split()[0] for words in printed if words.split()[1] == database]
    assert names == POSSIBLE

    # and the report has a line for each
    report = benchmarks("report", str(file)).stdout
    assert [name for name in FIGURES if f"| {name} | {database} |" in report] == POSSIBLE


def test_a_row_has_what_the_page_says() -> None:
    documented = PAGE.partition("a row has\n\n")[2].partition("\n\n")[0]
    told = set(documented.replace("`", " ").replace(",", " ").replace(".", " ").split())
    own = row(Figure(name="noop"), "sqlite", [Reading(1, {"bare": 2})], machine="here")
    (theirs, _) = rows({PEERS[0]: [Rates(1, 1)]}, machine="here")
    assert set(own) | set(theirs) <= told
    for name in [*MEASURES, *FIGURES]:
        assert f"`{name}`" in PAGE


@pytest.mark.parametrize(
    ("lower_is_better", "ratio", "reached"), [(False, 0.5, False), (True, 0.25, True)]
)
def test_the_ratio_is_to_the_nearest_limit_and_one_is_the_limit_itself(
    *, lower_is_better: bool, ratio: float, reached: bool
) -> None:
    # given three runs whose limits moved with the machine as much as their values
    readings = [Reading(at, {"near": 2 * at, "far": 9 * at}) for at in (10, 30, 20)]
    if lower_is_better:
        readings = [Reading(at, {"near": at / 4, "far": at / 9}) for at in (10, 30, 20)]
    figure = Figure(name="x", aims={"sqlite": 25}, lower_is_better=lower_is_better)

    # when they are made a row
    made = row(figure, "sqlite", readings, machine="here")

    # then value, spread and ratio are medians over the runs
    assert (made["value"], made["spread"]) == (20, [10, 30])
    assert (made["limit_name"], made["ratio_to_limit"]) == ("near", ratio)
    assert made["reached"] is reached
    assert ("MISSED" in line(made)) is not reached


def test_ours_over_theirs_is_told_for_each_of_our_databases() -> None:
    # given two runs of ours on both databases, and of another queue that keeps nothing
    found = {
        ours("sqlite"): [Rates(900, 20_000), Rates(1_100, 40_000)],
        ours("postgresql"): [Rates(500, 15_000), Rates(500, 15_000)],
        PEERS[0]: [Rates(2_000, 10_000), Rates(2_000, 10_000)],
        PEERS[1]: [],
    }

    # when they are compared
    made = rows(found, machine="here")

    # then the queue that gave nothing has no line, and the others have their ratios
    noop = {(each["peer"], each["database"]): each for each in made if each["name"] == "peers-noop"}
    assert set(noop) == {
        ("django-task-queue", "sqlite"),
        ("django-task-queue", "postgresql"),
        (PEERS[0].name, ""),
    }
    huey: Any = noop[PEERS[0].name, ""]
    assert huey["ours_over_theirs"] == {"sqlite": 3.0, "postgresql": 1.5}
    assert "| peers-noop | Huey | none | 10,000 tasks/s |" in markdown(made)
    assert "3 x (sqlite), 1.5 x (postgresql)" in line(huey)


def test_a_queue_that_is_not_installed_is_told_in_one_line(tmp_path: Path) -> None:
    # given no environment for other queues, and one in which nothing is installed
    empty = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", empty], check=True)

    for peer in PEERS:
        # when it is asked why a queue cannot be measured
        no_environment = missing(peer, tmp_path / "python")
        no_package = missing(peer, empty / "bin" / "python")

        # then the answer is a line that says what is missing and what helps
        if peer.database == "postgresql" and (no_server := why_not()):
            assert (no_environment, no_package) == (no_server, no_server)
            continue
        assert no_environment == f"no {tmp_path}/python; `make bench ARGS=--peers` makes it"
        assert no_package == f"{peer.module} is not installed for {empty}/bin/python"


@pytest.mark.acceptance
def test_the_comparison_runs_our_own_queue_by_its_rules() -> None:
    with a_ground() as ground:
        rates = run(ours("sqlite"), OWN_PYTHON, ground, count=40)
    assert rates.enqueue > 0
    assert rates.noop > 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["fly"], "NAME is 'fly': it must be one of noop"),
        (["--runs", "0"], "argument --runs: '0': it must be a whole number from 1"),
        (["--count", "many"], "argument --count: 'many': it must be a whole number from 2"),
        (["report", "nowhere.json"], "FILE is 'nowhere.json': No such file or directory"),
        (["report", "pyproject.toml"], "it must be what --json wrote"),
    ],
)
def test_a_wrong_word_is_refused_in_one_line(words: list[str], told: str) -> None:
    done = benchmarks(*words)
    assert done.returncode == 2
    assert told in done.stderr.splitlines()[-1]

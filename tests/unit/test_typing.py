"""What mypy promises to whoever declares and calls task types."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

#: Each line that ends in a comment must make mypy say what the comment has.
PROGRAM = """
from jobs import current_task, task
from jobs.domain.running import RunningTask

@task(max_retries=2)
def mail(to: str, count: int = 1) -> dict[str, str]:
    return {to: str(count + current_task().attempt)}

@task
def bare(x: int) -> int:
    return x

@task(takes_context=True)
def contextual(context: RunningTask, n: int) -> None: ...

reveal_type(mail)                        # TaskType[[to: str, count: int =], dict[str, str]]
reveal_type(mail.using(max_retries=1))   # TaskType[[to: str, count: int =], dict[str, str]]
reveal_type(mail.enqueue("a").return_value)  # "dict[str, str]"
reveal_type(bare)                        # TaskType[[x: int], int]
reveal_type(contextual)                  # TaskType[[n: int], None]
reveal_type(mail("a"))                   # "dict[str, str]"

mail.enqueue(1)                          # incompatible type "int"; expected "str"
mail.enqueue("a", cuont=2)               # did you mean "count"?
mail.using(maxretries=1)                 # did you mean "max_retries"?
mail.using(timeout_seconds="5")          # incompatible type "str"; expected "float"
contextual.enqueue("a")                  # incompatible type "str"; expected "int"
bare.enqueue()                           # Missing positional argument "x"
task(retries=2)(bare.func)               # Unexpected keyword argument "retries"
"""


def test_mypy_knows_the_arguments_the_result_and_the_options(tmp_path: Path) -> None:
    # given a module as a user writes it
    source = tmp_path / "typed_tasks.py"
    source.write_text(PROGRAM)

    # when mypy checks it, strictly
    command = [sys.executable, "-m", "mypy", "--config-file", "/dev/null", "--strict"]
    done = subprocess.run(
        [*command, "--cache-dir", str(tmp_path / "cache"), str(source)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )

    # then it says what each comment has, and complains of nothing else
    said: dict[int, str] = {}
    for line, words in re.findall(r"typed_tasks\.py:(\d+): (?:error|note): (.*)", done.stdout):
        said[int(line)] = said.get(int(line), "") + words
    expected = {
        number: line.partition("# ")[2]
        for number, line in enumerate(PROGRAM.splitlines(), start=1)
        if "# " in line
    }
    assert said.keys() == expected.keys(), done.stdout + done.stderr
    for number, words in expected.items():
        assert words in said[number]

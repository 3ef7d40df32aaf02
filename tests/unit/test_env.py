import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from taskqueue_site import env


@pytest.fixture(autouse=True)
def _environment_as_before() -> Iterator[None]:
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def test_a_number_out_of_bounds_is_refused_with_name_value_and_bounds() -> None:
    os.environ["PORT"] = "70000"
    with pytest.raises(env.BadVariable) as refused:
        env.integer("PORT", 8000, minimum=1, maximum=65535)
    assert str(refused.value) == (
        "PORT='70000' is not allowed: it must be a whole number from 1 to 65535"
    )


Read = Callable[[], object]


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("many", lambda: env.integer("X", 1, minimum=1, maximum=9)),
        ("0", lambda: env.integer("X", 1, minimum=1, maximum=9)),
        ("1.5", lambda: env.integer("X", 1, minimum=1, maximum=9)),
        ("soon", lambda: env.number("X", 1, minimum=0, maximum=9)),
        ("nan", lambda: env.number("X", 1, minimum=0, maximum=9)),
        ("-0.1", lambda: env.number("X", 1, minimum=0, maximum=9)),
        ("maybe", lambda: env.flag("X", default=False)),
        ("loud", lambda: env.one_of("X", "INFO", ("INFO", "DEBUG"))),
        ("/dev/null/below", lambda: env.folder("X", Path())),
        ("/dev/null", lambda: env.folder("X", Path())),
    ],
)
def test_what_is_not_allowed_is_refused_by_name(given: str, read: Read) -> None:
    os.environ["X"] = given
    with pytest.raises(env.BadVariable, match=r"^X='"):
        read()


def test_an_empty_variable_counts_as_unset() -> None:
    os.environ["X"] = ""
    assert env.integer("X", 5, minimum=1, maximum=9) == 5
    assert env.words("X", ("a",)) == ["a"]
    assert env.one_of("X", "INFO", ("INFO",)) == "INFO"


def test_a_secret_comes_from_its_variable_or_from_the_file_named(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from the file\n")
    os.environ["X_FILE"] = str(tmp_path / "key")
    assert env.secret("X", "why") == "from the file"
    os.environ["X"] = "from the variable"
    assert env.secret("X", "why") == "from the variable"


def test_a_secret_that_is_nowhere_is_refused() -> None:
    with pytest.raises(env.BadVariable, match=r"^X='' .*because"):
        env.secret("X", "because")
    os.environ["X_FILE"] = "/nowhere"
    with pytest.raises(env.BadVariable, match=r"^X_FILE='/nowhere'"):
        env.secret("X", "because")


def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    os.environ["X"] = str(tmp_path / "a" / "b")
    assert env.folder("X", Path()).is_dir()


def test_a_file_sets_what_the_environment_leaves_open(tmp_path: Path) -> None:
    # given a file and an environment that overlap
    os.environ.pop("ENV_FILE", None)
    os.environ["TOLD"] = "by the environment"
    (tmp_path / ".env").write_text(
        "# a remark\n"
        "\n"
        "TOLD=by the file\n"
        "PLAIN=8001 # a remark\n"
        "export EXPORTED=yes\n"
        "QUOTED='two  words # no remark'\n"
        'URL="postgresql://ann:it#s@host/name"\n'
        "PASSWORD=it's\n"
        "EMPTY=\n"
    )

    # when it is read
    env.read_file(tmp_path)

    # then the environment wins, and the rest is set
    assert os.environ["TOLD"] == "by the environment"
    assert os.environ["PLAIN"] == "8001"
    assert os.environ["EXPORTED"] == "yes"
    assert os.environ["QUOTED"] == "two  words # no remark"
    assert os.environ["URL"] == "postgresql://ann:it#s@host/name"
    assert os.environ["PASSWORD"] == "it's"
    assert os.environ["EMPTY"] == ""


def test_a_line_that_sets_nothing_is_refused_by_its_number(tmp_path: Path) -> None:
    os.environ.pop("ENV_FILE", None)
    (tmp_path / ".env").write_text("PORT=1\nPORT 8001\n")
    with pytest.raises(env.BadVariable, match=r"^\.env, line 2="):
        env.read_file(tmp_path)


def test_no_file_is_no_trouble(tmp_path: Path) -> None:
    os.environ.pop("ENV_FILE", None)
    env.read_file(tmp_path)

"""`manage.py tasks token`: tokens from a shell."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from jobs.models import ApiToken
from tests.support.authority import bearer, make_token, make_user
from tests.support.rows import ago

pytestmark = pytest.mark.django_db


def said(*words: str) -> str:
    out = StringIO()
    call_command("tasks", "token", *words, stdout=out)
    return out.getvalue()


@pytest.fixture
def user():
    return make_user("view_task")


def test_a_token_is_made_and_printed_once(user):
    words = said("create", "ada", "--name", "nightly", "--expires-days", "7", "--read-only")

    token = words.split()[0]
    assert bearer(token).get("tasks").status_code == 200
    row = ApiToken.objects.get()
    assert (row.user, row.name, row.read_only) == (user, "nightly", True)
    assert 6.9 < (row.expires_at - timezone.now()).total_seconds() / 86_400 < 7
    assert token not in said("list")


@pytest.mark.usefixtures("user")
def test_the_list_tells_each_tokens_life():
    # given
    for name in ("new", "old", "bad"):
        said("create", "ada", "--name", name)
    ApiToken.objects.filter(name="old").update(expires_at=ago(1), last_used_at=ago(60))
    said("revoke", ApiToken.objects.get(name="bad").prefix)

    # when
    bad, old, new = said("list", "ada").splitlines()

    # then
    assert " revoked 20" in bad
    assert " expired 20" in old
    assert " last used 20" in old
    assert new.endswith("never expires  never used")


@pytest.mark.usefixtures("user")
def test_programs_read_json():
    made = json.loads(said("create", "ada", "--name", "nightly", "--json"))
    (row,) = json.loads(said("list", "--json"))

    assert made.pop("token").startswith(made["prefix"])
    assert row == made
    assert json.loads(said("revoke", made["prefix"], "--json"))["revoked"] is True


@pytest.mark.parametrize("form", ["the prefix", "the list's word", "the token"])
def test_a_token_is_revoked_by_what_is_known_of_it(user, form):
    token = make_token(user)
    given = {"the prefix": token[:11], "the list's word": f"{token[:11]}…", "the token": token}

    assert said("revoke", given[form]) == f"nightly ({token[:11]}…) is revoked.\n"

    assert ApiToken.objects.get().revoked_at is not None
    assert "was already revoked" in said("revoke", token)


BAD = {
    "no such user": (("create", "grace", "--name", "x"), "There is no user 'grace'."),
    "no days": (
        ("create", "ada", "--name", "x", "--expires-days", "0"),
        "expires_days is 0: it must be a number from 1 to 3,650.",
    ),
    "no name": (("create", "ada", "--name", " "), "name is '': it must be a text of 1 to 100"),
    "no such prefix": (("revoke", "tq_ffff"), "no token begins with 'tq_ffff'"),
    "no prefix": (("revoke", ""), "no token begins with ''"),
    "a prefix of two": (("revoke", "tq_"), "more than one token begins with 'tq_'"),
    "no such user's list": (("list", "grace"), "There is no user 'grace'."),
}


@pytest.mark.parametrize(("words", "problem"), BAD.values(), ids=BAD)
def test_a_bad_word_is_one_clear_line(user, words, problem):
    make_token(user)
    make_token(user)
    ApiToken.objects.filter(prefix__startswith="tq_ffff").delete()

    with pytest.raises(CommandError) as refusal:
        said(*words)

    assert problem in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_token_that_is_not_there_is_not_repeated():
    unknown = "tq_" + "a" * 48

    with pytest.raises(CommandError) as refusal:
        said("revoke", unknown)

    assert unknown not in str(refusal.value)

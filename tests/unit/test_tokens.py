"""What API tokens look like, and how callers are remembered."""

from jobs.api.callers import Memory
from jobs.domain.tokens import digest_of, is_token, new_token, prefix_of
from jobs.models import ApiToken
from jobs.services.tokens import NewToken


def test_a_token_is_known_by_its_form_and_no_two_are_alike() -> None:
    tokens = {new_token() for _ in range(100)}

    assert len(tokens) == 100
    assert all(is_token(token) for token in tokens)


def test_what_has_not_the_form_of_a_token_is_none() -> None:
    token = new_token()

    for text in ("", "tq_", token[:-1], token + "0", token.upper(), f" {token}", f"{token}\n"):
        assert not is_token(text)


def test_the_digest_and_the_prefix_do_not_tell_the_token() -> None:
    token = new_token()

    assert token not in digest_of(token)
    assert prefix_of(token) == token[:11]
    assert len(token) - len(prefix_of(token)) == 40


def test_nothing_that_is_printed_of_a_new_token_tells_it() -> None:
    plain = new_token()
    row = ApiToken(name="nightly", prefix=prefix_of(plain), digest=digest_of(plain))
    made = NewToken(row, plain)

    for text in (repr(made), str(made), repr(row), str(row)):
        assert plain not in text
        assert digest_of(plain) not in text
    assert str(row) == f"nightly ({plain[:11]}…)"


def test_a_caller_is_remembered_for_its_seconds() -> None:
    memory: Memory[str] = Memory()
    memory.put("secret", "ada", seconds=5, now=100.0)

    assert memory.get("secret", now=104.9) == "ada"
    assert memory.get("secret", now=105.0) is None
    assert memory.get("other", now=100.0) is None


def test_the_oldest_caller_is_forgotten_first_when_there_are_too_many() -> None:
    memory: Memory[int] = Memory(most=2)
    for number in (1, 2, 1, 3):
        memory.put(f"secret {number}", number, now=0.0)

    assert [memory.get(f"secret {number}", now=0.0) for number in (1, 2, 3)] == [1, None, 3]


def test_the_memory_of_callers_holds_no_secret() -> None:
    memory: Memory[str] = Memory()
    memory.put("secret", "ada")

    assert "secret" not in repr(memory)


def test_bytes_that_are_no_text_find_nobody() -> None:
    assert Memory[str]().get("\udcff") is None

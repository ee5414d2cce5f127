"""Request ids: self-contained, and refused when a single bit is changed."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armwise.engine import Signer, Token
from armwise.engine.request_id import check_secret
from armwise.errors import (
    ConfigurationError,
    MalformedRequestIdError,
    RequestIdError,
    UnknownKeyError,
)

SECRET = "a secret of the whole fleet"
SIGNER = Signer(SECRET)

names = st.text(min_size=1, max_size=60).filter(lambda name: len(name.encode()) <= 255)
tokens = st.builds(
    Token,
    goal_id=names,
    bucket=names,
    path=names,
    decided_at_ms=st.integers(0, 2**48 - 1),
    nonce=st.binary(min_size=10, max_size=10),
    attempt=st.integers(0, 255),
    earlier_failures=st.integers(0, 3),
    epoch=st.integers(0, 2**16 - 1),
    namespace=st.just("") | names,
    count=st.integers(0, 2**32 - 1),
)


@given(token=tokens)
def test_an_id_says_what_was_signed(token: Token) -> None:
    """Whatever goes into an id comes out of it, in any process that has the secret."""
    assert Signer(SECRET).read(SIGNER.sign(token)) == token


def test_an_id_is_short() -> None:
    """With names of common length it stays at 130 characters: it fits into a header."""
    token = Token("extract_company", "extraction/simple", "openai/gpt-4o-mini", 0, bytes(10))

    assert len(SIGNER.sign(token)) <= 130


def test_a_count_beyond_the_field_stands_still() -> None:
    """After 2^32 outcomes in one bucket ids go on, only their clock does not."""
    token = Token("g", "b", "p", 0, bytes(10), count=2**40)

    assert SIGNER.read(SIGNER.sign(token)).count == 2**32 - 1


@given(token=tokens, data=st.data())
def test_any_flipped_bit_is_refused(token: Token, data: st.DataObject) -> None:
    """No bit of the decoded id can be changed."""
    text = SIGNER.sign(token)[3:]
    raw = bytearray(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    bit = data.draw(st.integers(0, 8 * len(raw) - 1))
    raw[bit // 8] ^= 1 << bit % 8

    with pytest.raises(RequestIdError):
        SIGNER.read("aw_" + urlsafe_b64encode(raw).rstrip(b"=").decode())


@given(token=tokens, data=st.data())
def test_any_changed_character_is_refused(token: Token, data: st.DataObject) -> None:
    """An id has one spelling: no character can be changed, added or left out."""
    text = SIGNER.sign(token)
    place = data.draw(st.integers(0, len(text) - 1))
    character = data.draw(st.characters())
    changed = [
        text[:place] + character + text[place + 1 :],
        text[:place] + text[place + 1 :],
        text[:place] + character + text[place:],
    ]

    for candidate in changed:
        if candidate != text:
            with pytest.raises(RequestIdError):
                SIGNER.read(candidate)


@pytest.mark.parametrize("text", ["", "aw_", "aw_AAAA", "chatcmpl-123", "aw_" + "A" * 200, None, 7])
def test_what_is_no_id_is_called_so(text: object) -> None:
    """The error says where ids come from."""
    with pytest.raises(MalformedRequestIdError, match="return_request_id=True"):
        SIGNER.read(text)


def test_an_id_of_another_run_is_not_called_forged() -> None:
    """A key that this process does not hold is named as such, with the remedy."""
    text = Signer().sign(Token("g", "b", "p", 0, bytes(10)))

    with pytest.raises(UnknownKeyError, match="ARMWISE_SIGNING_KEY"):
        SIGNER.read(text)


def test_a_process_has_one_key_of_its_own() -> None:
    """Signers without a secret know each other's ids."""
    token = Token("g", "b", "p", 0, bytes(10))

    assert Signer().read(Signer().sign(token)) == token


def test_a_guessable_secret_is_refused() -> None:
    """The error shows how to make a good one, and not the secret."""
    with pytest.raises(ConfigurationError, match="token_urlsafe") as caught:
        check_secret("hunter2")

    assert "hunter2" not in str(caught.value)

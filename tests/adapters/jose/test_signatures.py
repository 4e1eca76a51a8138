"""Signing keys rest encrypted, and what they sign is what others can check."""

import json
from datetime import UTC, datetime

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sightline.adapters.jose import JoseSignatures
from sightline.domain.errors import Unauthenticated
from sightline.domain.tenancy import public_key

AT = datetime(2026, 1, 1, tzinfo=UTC)
SIGNATURES = JoseSignatures(b"s" * 32)
KEY = SIGNATURES.new_key(1, AT)
OTHER = SIGNATURES.new_key(2, AT)

claims = st.dictionaries(
    st.text(max_size=5),
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    max_size=4,
)


@given(said=claims)
def test_what_is_signed_is_read_with_its_key_alone(said: dict[str, object]) -> None:
    token = SIGNATURES.sign(KEY, said)
    assert SIGNATURES.verified(token, KEY.public) == said == SIGNATURES.unproved(token)
    assert SIGNATURES.header(token) == {"alg": "ES256", "typ": "at+jwt", "kid": KEY.public.id}
    with pytest.raises(Unauthenticated):
        SIGNATURES.verified(token, OTHER.public)


@given(at=st.integers(0, 200), to=st.sampled_from("aZ0_-."))
def test_one_changed_character_is_noticed(at: int, to: str) -> None:
    token = SIGNATURES.sign(KEY, {"sub": "zoe", "iat": 1767225600})
    at %= len(token) - 1  # the last one holds two bits that mean nothing
    changed = token[:at] + to + token[at + 1 :]
    if changed != token:
        with pytest.raises(Unauthenticated):
            SIGNATURES.verified(changed, KEY.public)


def test_a_private_key_is_opened_by_its_server_and_under_its_own_name_alone() -> None:
    assert SIGNATURES.opens(KEY)
    assert not JoseSignatures(b"t" * 32).opens(KEY)
    assert not SIGNATURES.opens(evolve(KEY, sealed=OTHER.sealed))
    assert not SIGNATURES.opens(evolve(KEY, sealed=KEY.sealed[:-1] + b"x"))
    assert not SIGNATURES.opens(evolve(KEY, sealed=b""))
    with pytest.raises(ValueError, match="does not open"):
        JoseSignatures(b"t" * 32).sign(KEY, {})


def test_what_is_kept_of_a_key_does_not_show_its_private_half() -> None:
    assert b'"d"' not in KEY.sealed
    assert "d" not in KEY.public.document()
    assert "sealed" not in repr(KEY)
    assert public_key(json.loads(json.dumps(KEY.public.document()))) == KEY.public


@given(text=st.text(max_size=60) | st.from_regex(r"eyJ[\w-]{0,20}\.[\w-]{0,20}\.[\w-]{0,20}"))
def test_no_other_text_is_a_token(text: str) -> None:
    with pytest.raises(Unauthenticated):
        SIGNATURES.verified(text, KEY.public)

import string
import zlib
from datetime import datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import ApiKeyEnded, InvalidInput
from sightline.domain.identifiers import KeyId
from sightline.domain.tenancy import (
    ALPHABET,
    LONGEST_KEY,
    LONGEST_OVERLAP,
    ApiKey,
    KeyKind,
    SignatureAlgorithm,
    checksum_fits,
    fixed_key,
    key_digest,
    looks_like_ours,
    looks_like_token,
    render_key,
    rotated,
)
from sightline.testing.strategies import api_keys, instants

PRINTABLE = "".join(sorted(set(string.printable) - set(string.whitespace)))

generated = st.builds(
    render_key,
    st.text(ALPHABET, min_size=12, max_size=12),
    st.text(ALPHABET, min_size=30, max_size=30),
    st.sampled_from(KeyKind),
)


@given(key=generated)
def test_a_generated_key_has_the_published_form(key: str) -> None:
    prefix, environment, identifier, rest = key.split("_")
    assert (prefix, len(identifier), len(rest)) == ("sl", 12, 36)
    assert environment in set(KeyKind)
    assert looks_like_ours(key)
    assert checksum_fits(key)
    assert fixed_key(key) == key


@given(key=generated, at=st.integers(8, 56), other=st.sampled_from(ALPHABET))
def test_any_one_wrong_character_is_noticed(key: str, at: int, other: str) -> None:
    wrong = key[:at] + other + key[at + 1 :]
    assert checksum_fits(wrong) == (wrong == key)


@given(key=generated, at=st.integers(21, 54))
def test_two_characters_exchanged_are_noticed(key: str, at: int) -> None:
    wrong = key[:at] + key[at + 1] + key[at] + key[at + 2 :]
    assert checksum_fits(wrong) == (wrong == key)


@given(key=generated, cut=st.integers(0, 56))
def test_a_part_of_a_key_is_no_key(key: str, cut: int) -> None:
    assert not checksum_fits(key[:cut])
    assert not checksum_fits(key + key[:1])


def test_the_checksum_is_the_crc_in_base_62() -> None:
    key = render_key("abcdefghijkl", "m" * 30)
    number = zlib.crc32(key[:-6].encode())
    assert sum(ALPHABET.index(digit) * 62**place for place, digit in enumerate(key[:-7:-1])) == (
        number
    )


@given(text=st.text(PRINTABLE, min_size=1, max_size=LONGEST_KEY))
def test_any_printable_text_may_be_a_fixed_key_unless_it_pretends(text: str) -> None:
    if text.startswith("sl_") or looks_like_token(text):
        with pytest.raises(InvalidInput):
            fixed_key(text)
    else:
        assert fixed_key(text) == text


@pytest.mark.parametrize(
    "text", ["", " ", "two words", "ünï", "a\n", "\x7f", "k" * 257, "sl_x", "eyJ.a.b"]
)
def test_what_could_be_mistaken_is_no_fixed_key(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        fixed_key(text)
    assert not text.strip() or text not in str(caught.value)


@given(secret=st.binary(min_size=1), other=st.binary(min_size=1), text=st.text())
def test_a_digest_depends_on_the_secret_and_hides_the_key(
    secret: bytes, other: bytes, text: str
) -> None:
    digest = key_digest(secret, text)
    assert len(digest) == 32
    # HMAC pads a short secret with zeros.
    if secret.rstrip(b"\0") != other.rstrip(b"\0"):
        assert digest != key_digest(other, text)
    assert digest != key_digest(secret, text + "x")


def test_the_digest_is_hmac_sha_256() -> None:
    # RFC 4231, test case 2.
    digest = key_digest(b"Jefe", "what do ya want for nothing?")
    assert digest.hex() == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


@given(
    key=api_keys(), now=instants(), overlap=st.integers(0, 200).map(lambda h: timedelta(hours=h))
)
def test_a_rotation_gives_the_same_powers_for_the_same_length_of_life(
    key: ApiKey, now: datetime, overlap: timedelta
) -> None:
    now = max(now, key.created_at)
    if overlap > LONGEST_OVERLAP:
        with pytest.raises(InvalidInput):
            rotated(key, KeyId("new"), bytes(32), now, overlap, salt="s" * 22)
    elif not key.is_valid(now):
        with pytest.raises(ApiKeyEnded):
            rotated(key, KeyId("new"), bytes(32), now, overlap, salt="s" * 22)
    else:
        old, new = rotated(key, KeyId("new"), b"n" * 32, now, overlap, salt="s" * 22)
        assert (new.tenant, new.name, new.scopes) == (key.tenant, key.name, key.scopes)
        assert old.signing == key.signing
        if key.signing is not None and key.signing.algorithm is SignatureAlgorithm.HMAC_SHA256:
            assert new.signing == evolve(key.signing, material=b"s" * 22)
        else:
            assert new.signing == key.signing
        assert (new.created_at, new.last_used_at, new.replaced_by) == (now, None, None)
        assert old.expires_at is not None
        ends = min(now + overlap, key.expires_at or now + overlap)
        assert old.expires_at == ends
        assert new.is_valid(now)
        if key.expires_at is None:
            assert new.expires_at is None
        else:
            assert new.expires_at is not None
            assert new.expires_at - now == key.expires_at - key.created_at
        with pytest.raises(ApiKeyEnded):
            rotated(old, KeyId("third"), bytes(32), now, overlap, salt="s" * 22)


@given(key=api_keys(), now=instants())
def test_a_key_opens_until_its_end_and_not_at_it(key: ApiKey, now: datetime) -> None:
    assert key.is_valid(now) == (key.expires_at is None or now < key.expires_at)


@given(key=api_keys(), now=instants())
def test_clocks_that_differ_end_no_key_before_it_began(key: ApiKey, now: datetime) -> None:
    if key.is_valid(now):
        old, _ = rotated(key, KeyId("new"), bytes(32), now, timedelta(0), salt="s" * 22)
        assert old.expires_at is not None
        assert old.expires_at >= old.created_at

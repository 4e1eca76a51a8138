"""Signing keys hand over without anybody ever meeting a key that is not published."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.tenancy import (
    ACCESS_LIFE,
    LEEWAY,
    PublicKey,
    SigningKey,
    needs_another,
    outlived,
    public_key,
    signing_key,
)

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
PUBLIC = PublicKey("k", frozenset({"ES256"}), (("kty", "EC"),))
MINUTE = timedelta(minutes=1)
#: Minutes between two looks at the keys, from busy to forgotten for months.
PAUSES = st.sampled_from((0, 1, 9, 59, 60, 61, 120, 1440, 30 * 1440, 31 * 1440, 90 * 1440))


@given(pauses=st.lists(PAUSES, min_size=1, max_size=30))
def test_whenever_somebody_looks_the_key_that_signs_is_shown_as_long_as_its_tokens_live(
    pauses: list[int],
) -> None:
    keys: list[SigningKey] = []
    now = BEGAN
    last_signed: dict[int, datetime] = {}
    for pause in pauses:
        now += pause * MINUTE
        gone = outlived(keys, now)
        keys = [key for key in keys if key not in gone]
        for key in gone:
            signed = last_signed.get(key.number, datetime.min.replace(tzinfo=UTC))
            assert now > signed + ACCESS_LIFE + LEEWAY
        if needs_another(keys, now):
            number = keys[-1].number + 1 if keys else 1
            keys.append(SigningKey(number, evolve(PUBLIC, id=f"{number}"), b"", now))
        assert not needs_another(keys, now)
        signing = signing_key(keys, now)
        assert signing is not None
        assert signing not in outlived(keys, now)
        first_ever = signing.number == 1
        assert first_ever or now - signing.created_at >= timedelta(hours=1)
        last_signed[signing.number] = now
    assert len(keys) <= 3


def test_a_key_signs_after_an_hour_and_its_elder_stays_for_another() -> None:
    old = SigningKey(1, PUBLIC, b"", BEGAN)
    new = SigningKey(2, PUBLIC, b"", BEGAN + timedelta(days=30))
    both, at = (old, new), new.created_at
    assert not needs_another((old,), at - MINUTE)
    assert needs_another((old,), at)
    assert signing_key(both, at + 59 * MINUTE) is old
    assert signing_key(both, at + 60 * MINUTE) is new
    assert outlived(both, at + 119 * MINUTE) == ()
    assert outlived(both, at + 120 * MINUTE) == (old,)


EC: dict[str, Any] = {"kty": "EC", "crv": "P-256", "x": "AQ", "y": "Ag", "kid": "k"}
RSA: dict[str, Any] = {"kty": "RSA", "n": "A" * 342, "e": "AQAB", "kid": "k"}


@pytest.mark.parametrize(
    ("document", "algorithms"),
    [
        (EC, {"ES256"}),
        ({**EC, "alg": "ES256", "use": "sig", "x5t": "abc", "key_ops": ["verify"]}, {"ES256"}),
        ({"kty": "OKP", "crv": "Ed25519", "x": "AQ", "kid": "k"}, {"EdDSA", "Ed25519"}),
        (RSA, {"RS256"}),
    ],
)
def test_the_kind_of_a_key_fixes_its_algorithm(
    document: dict[str, Any], algorithms: set[str]
) -> None:
    found = public_key(document)
    assert found is not None
    assert found.algorithms == algorithms
    assert public_key(found.document()) == found


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {**EC, "d": "AQ"},
        {**EC, "kid": None},
        {**EC, "kid": ""},
        {**EC, "kid": "k" * 256},
        {**EC, "crv": "P-521"},
        {**EC, "x": "../"},
        {**EC, "y": 7},
        {**EC, "use": "enc"},
        {**EC, "alg": "HS256"},
        {**EC, "alg": "none"},
        {**EC, "kty": ["EC"]},
        {**RSA, "n": "A" * 341},
        {**RSA, "alg": "HS256"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "k"},
    ],
    ids=str,
)
def test_no_other_key_checks_tokens(document: Any) -> None:
    assert public_key(document) is None
